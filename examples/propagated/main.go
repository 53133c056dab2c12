// SPDX-License-Identifier: Apache-2.0

// Command propagated answers a visitor who signs in after the first question, and
// prints what each span says of it.
//
//	go run ./examples/propagated
//
// What you would copy is propagated.go. The environment is that of package
// examples/internal/example.
package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/examples/internal/example"
	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/semconv"
)

func main() { program.Main() }

var questions = [2]string{
	"Which plans do you have?",
	"What does my plan include?",
}

var program = example.Program{
	Name: "propagated",
	Answers: map[string]string{
		questions[0]: "We have Basic and Pro.",
		questions[1]: "Pro includes support at night.",
	},
	Options: []instrumentation.Option{defaults()},
	Do: func(ctx context.Context, call example.Call) error {
		// The tree on the terminal does not show these attributes.
		if provider, ok := call.Instrumentation.TracerProvider().(*sdktrace.TracerProvider); ok {
			provider.RegisterSpanProcessor(printer{out: call.Out})
		}
		d := desk{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model}
		_, err := d.visit(ctx, "session-7", questions)
		return err
	},
}

// printer prints the propagated attributes of each span when it ends.
type printer struct{ out io.Writer }

func (printer) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

func (p printer) OnEnd(s sdktrace.ReadOnlySpan) {
	lines := s.Name() + "\n"
	for _, kv := range s.Attributes() {
		if isPropagated(kv.Key) {
			lines += fmt.Sprintf("    %-32s%s\n", kv.Key, kv.Value.String())
		}
	}
	_, _ = fmt.Fprint(p.out, lines)
}

func (printer) Shutdown(context.Context) error { return nil }

func (printer) ForceFlush(context.Context) error { return nil }

func isPropagated(key attribute.Key) bool {
	switch key {
	case semconv.UserIDKey, semconv.SessionIDKey, semconv.TraceNameKey, semconv.TagsKey,
		semconv.EnvironmentKey, semconv.ReleaseKey:
		return true
	}
	return strings.HasPrefix(string(key), semconv.MetadataPrefix)
}
