// SPDX-License-Identifier: Apache-2.0

// Command clients calls Mistral by way of seven clients that know nothing of this
// project, and prints the traces of their calls.
//
//	cd examples/clients && go run .
//
// It needs no key and no network: the calls go to a small Mistral server inside
// this program.
//
// Environment:
//
//   - MISTRAL_API_KEY (default unset): call https://api.mistral.ai instead
//
// What you would copy is the file of your client, which also says what to expect
// of it: openai.go, goopenai.go, gage.go, langchaingo.go, anyllm.go, eino.go or
// genkit.go. A transport sits below a client's retries, so each attempt is a span.
// README.md compares the clients; the tests show that it tells the truth.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/instrumentation/console"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := withServer(os.Getenv("MISTRAL_API_KEY"), func(baseURL, key string) error {
		return run(ctx, os.Stdout, baseURL, key, time.Minute)
	})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}

// withServer gives f Mistral if there is a key, else a small server that takes
// about as long to answer.
func withServer(key string, f func(baseURL, key string) error) error {
	if key != "" {
		return f("https://api.mistral.ai", key)
	}
	server := testserver.NewMistral(testserver.WithPace(120*time.Millisecond, 15*time.Millisecond))
	defer server.Close()
	return f(server.URL, "no-key-needed")
}

// run asks by way of each client, and prints what they said and the traces.
func run(ctx context.Context, out io.Writer, baseURL, key string, timeout time.Duration) error {
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	transport := roundtripper.New(nil,
		roundtripper.WithTracerProvider(provider),
		roundtripper.WithContentCapture(roundtripper.CaptureSpan))
	defer transport.CloseIdleConnections()

	before := http.DefaultTransport
	http.DefaultTransport = transport // for those that take no client
	defer func() { http.DefaultTransport = before }()
	otel.SetTracerProvider(provider) // for those that make spans of their own
	clients, err := newClients(ctx, &http.Client{Transport: transport}, baseURL, key, timeout)
	if err != nil {
		return err
	}

	tracer := provider.Tracer("clients")
	for _, c := range clients {
		ctx, span := tracer.Start(ctx, c.name)
		said, failed := show(ctx, c)
		span.End()
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", c.name, failed))
		}
		_, failed = fmt.Fprintf(out, "%s\n%s\n", c.name, said)
		err = errors.Join(err, failed)
	}
	return errors.Join(err, console.Render(out, spans.GetSpans().Snapshots()))
}

// show makes a plain call, a streamed one and one with a tool, and returns what
// they said.
func show(ctx context.Context, c client) (string, error) {
	var said strings.Builder
	plain, err := c.chat(ctx, question{model, "What is the capital of France? One sentence."})
	if err != nil {
		return said.String(), err
	}
	fmt.Fprintf(&said, "  plain   %s\n", plain.text)

	var pieces []string
	_, err = c.stream(ctx, question{model, "What is 12 * 12?"}, func(text string) error {
		if text != "" {
			pieces = append(pieces, text)
		}
		return nil
	})
	if err != nil {
		return said.String(), err
	}
	fmt.Fprintf(&said, "  stream  %s\n", strings.Join(pieces, "|"))

	tools, err := c.tools(ctx, question{model, "What is the weather in Paris?"})
	if err != nil {
		return said.String(), err
	}
	fmt.Fprintf(&said, "  tools   %s\n", strings.Join(tools.calls, ", "))
	if tools.text != "" {
		fmt.Fprintf(&said, "          %s\n", tools.text)
	}
	return said.String(), nil
}

const model = "mistral-small-latest"

// client is one of the clients with its module.
type client struct {
	name   string
	module string
	asker
}

// newClients returns all of them, until ctx ends. The timeout is for those that
// take no http.Client.
func newClients(ctx context.Context, httpClient *http.Client, baseURL, key string, timeout time.Duration) ([]client, error) {
	lc, lcErr := newLangchain(baseURL, key, timeout)
	al, alErr := newAnyLLM(httpClient, baseURL, key)
	ei, eiErr := newEino(ctx, httpClient, baseURL, key)
	return []client{
		{"openai-go", "github.com/openai/openai-go/v3", newOpenAI(httpClient, baseURL, key)},
		{"go-openai", "github.com/sashabaranov/go-openai", newGoOpenAI(httpClient, baseURL, key)},
		{"gage", "github.com/gage-technologies/mistral-go", newGage(baseURL, key, timeout)},
		{"langchaingo", "github.com/tmc/langchaingo", lc},
		{"any-llm", "github.com/mozilla-ai/any-llm-go", al},
		{"eino", "github.com/cloudwego/eino-ext/components/model/openai", ei},
		{"genkit", "github.com/firebase/genkit/go", newGenkit(ctx, httpClient, baseURL, key)},
	}, errors.Join(lcErr, alErr, eiErr)
}
