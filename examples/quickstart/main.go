// SPDX-License-Identifier: Apache-2.0

// Command quickstart makes three calls to Mistral and prints their trace.
//
//	go run ./examples/quickstart
//
// It needs no key and no network: the calls go to a small Mistral server inside
// this program, and the spans travel over real OTLP/HTTP to a receiver inside it.
// The tree is printed from what that receiver decoded. With -html trace.html it is
// also written as a page, on which each span unfolds to its messages.
//
// Environment:
//
//   - MISTRAL_API_KEY (default unset): call https://api.mistral.ai instead
//   - OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT (default
//     unset): send the trace there as well
//   - those of packages instrumentation and console
//
// What you would copy is chat.go and, below, the lines between Start and
// Shutdown; servers.go is there so that it runs anywhere.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/console"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
)

func main() {
	page := flag.String("html", "", "write the trace to this `file` as a page")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, *page)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, page string) (err error) {
	servers := startServers(os.Getenv("MISTRAL_API_KEY"))
	defer servers.close()
	say := log.New(out, "", 0)
	say.Printf("Calling %s\n\n", servers.calls)

	opts, err := destinations(servers.endpoint)
	if err != nil {
		return err
	}
	inst, err := instrumentation.Start(ctx, append(opts, instrumentation.WithServiceName("quickstart"))...)
	if err != nil {
		say.Print("Start: ", err) // what is missing; inst works all the same
	}
	client := inst.Client()
	defer client.CloseIdleConnections()

	calls := chatter{http: client, baseURL: servers.baseURL, key: servers.key, model: "mistral-small-latest", log: say}
	err = calls.run(ctx)

	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err = errors.Join(err, inst.Shutdown(end)) // now everything has been exported

	say.Printf("\nThe trace, as the OTLP receiver decoded it:\n\n")
	spans := servers.spans()
	return errors.Join(err, console.Render(out, spans), writePage(page, spans), next(out, page))
}

// writePage writes what the terminal shows as a page, if there is a path for it.
func writePage(path string, spans []sdktrace.ReadOnlySpan) error {
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(console.RenderHTML(file, spans), file.Close())
}

// destinations sends the trace to the receiver of this program, with content, and
// to the endpoint of the environment, if there is one.
func destinations(endpoint string) ([]instrumentation.Option, error) {
	own, err := otlp.New(otlp.Config{Name: "quickstart", Endpoint: endpoint, Content: true})
	if err != nil {
		return nil, err
	}
	opts := []instrumentation.Option{instrumentation.WithDestination(own)}
	if !endpointInEnvironment() {
		return opts, nil
	}
	yours, err := otlp.FromEnv()
	if err != nil {
		return nil, err
	}
	return append(opts, instrumentation.WithDestination(yours)), nil
}

func endpointInEnvironment() bool {
	return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
}

// next tells what to try after this.
func next(out io.Writer, page string) error {
	text := "\nNext:\n"
	if page == "" {
		text += "  -html trace.html                                    write the trace as a page\n"
	} else {
		text += "  Open " + page + " in a browser.\n"
	}
	if os.Getenv("MISTRAL_API_KEY") == "" {
		text += "  MISTRAL_API_KEY=...                                 call the real Mistral\n"
	}
	if endpointInEnvironment() {
		text += "  Look at your OTLP endpoint: the trace was sent there as well, without content unless\n" +
			"  OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY asks for it.\n"
	} else {
		text += "  OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318   send the trace there too\n"
	}
	_, err := io.WriteString(out, text)
	return err
}
