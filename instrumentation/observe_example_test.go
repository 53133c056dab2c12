// SPDX-License-Identifier: Apache-2.0

package instrumentation_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/redact"
	"github.com/otelmistral/otelmistral/roundtripper"
)

// printer stands for a destination. It shows what becomes of each span.
type printer struct{}

func (printer) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (printer) OnEnd(s sdktrace.ReadOnlySpan) {
	fmt.Println(s.Name())
	for _, kv := range s.Attributes() {
		fmt.Printf("  %s = %s\n", kv.Key, kv.Value.String())
	}
}
func (printer) ForceFlush(context.Context) error { return nil }
func (printer) Shutdown(context.Context) error   { return nil }

// start is what a program does once, with its own destinations.
func start(opts ...instrumentation.Option) (stop func()) {
	inst, err := instrumentation.Start(context.Background(), append([]instrumentation.Option{
		instrumentation.WithSpanProcessor(printer{}),
		instrumentation.WithContentCapture(roundtripper.CaptureSpan),
		instrumentation.WithRedactor(redact.Default),
		instrumentation.WithoutGlobalProvider(), // most programs leave this out
	}, opts...)...)
	if err != nil {
		log.Print(err)
	}
	return func() { _ = inst.Shutdown(context.Background()) }
}

func status(context.Context, string) (string, error) { return "paid by jo@example.com", nil }

// A tool of a workflow. What it is given and gives back is recorded, without the
// e-mail address.
func ExampleObserve() {
	defer start()()
	answer, err := instrumentation.Observe(context.Background(), "support", "T1001",
		func(ctx context.Context, id string) (string, error) {
			return instrumentation.Observe(ctx, "payment_status", id, status, instrumentation.AsTool())
		}, instrumentation.AsWorkflow())
	fmt.Println(answer, err)
	// Output:
	// payment_status
	//   otelmistral.observation.type = tool
	//   otelmistral.observation.path = payment_status
	//   otelmistral.workflow.name = support
	//   gen_ai.operation.name = execute_tool
	//   gen_ai.tool.name = payment_status
	//   otelmistral.observation.input = "T1001"
	//   otelmistral.observation.output = "paid by [email]"
	// support
	//   otelmistral.observation.type = workflow
	//   otelmistral.workflow.name = support
	//   gen_ai.operation.name = invoke_workflow
	//   gen_ai.workflow.name = support
	//   otelmistral.observation.input = "T1001"
	//   otelmistral.observation.output = "paid by [email]"
	// paid by jo@example.com <nil>
}

// Everything below carries the user; the tags add up.
func ExamplePropagate() {
	defer start()()
	ctx := instrumentation.Propagate(context.Background(),
		instrumentation.UserID("u-7"), instrumentation.Tags("beta"))
	ctx = instrumentation.Propagate(ctx,
		instrumentation.Tags("eu"), instrumentation.Metadata("plan", "pro"))
	_, o := instrumentation.StartObservation(ctx, "greet", instrumentation.AsTask())
	o.End(nil)
	// Output:
	// greet
	//   otelmistral.observation.type = task
	//   user.id = u-7
	//   otelmistral.tags = ["beta","eu"]
	//   otelmistral.metadata.plan = pro
	//   otelmistral.observation.path = greet
}

// Work that does not fit a function.
func ExampleStartObservation() {
	defer start()()
	ctx, o := instrumentation.StartObservation(context.Background(), "judge", instrumentation.AsEvaluator())
	o.SetInput(map[string]int{"answers": 2})
	instrumentation.ObservationFromContext(ctx).SetLevel(instrumentation.LevelWarning)
	o.End(errors.New("no majority"))
	// Output:
	// judge
	//   otelmistral.observation.type = evaluator
	//   otelmistral.observation.path = judge
	//   otelmistral.observation.input = {"answers":2}
	//   otelmistral.observation.level = WARNING
	//   error.type = *errors.errorString
}

func words(_ context.Context, all []string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, w := range all {
			if !yield(w, nil) {
				return
			}
		}
	}
}

// The pieces pass through as they come, and are recorded as one text.
func ExampleObserveSeq() {
	defer start()()
	for word, err := range instrumentation.ObserveSeq(context.Background(), "speak", []string{"Bon", "jour"}, words) {
		fmt.Println(word, err)
	}
	// Output:
	// Bon <nil>
	// jour <nil>
	// speak
	//   otelmistral.observation.type = span
	//   otelmistral.observation.path = speak
	//   otelmistral.observation.input = ["Bon","jour"]
	//   otelmistral.observation.output = "Bonjour"
}

// A function of the application alone knows what is secret in its data.
func ExampleWithRedactor() {
	defer start(instrumentation.WithRedactor(func(kind, text string) string {
		return strings.ReplaceAll(text, "T1001", "[transaction]") // kind is "input" here
	}))()
	_, o := instrumentation.StartObservation(context.Background(), "look up")
	o.SetInput("status of T1001")
	o.End(nil)
	// Output:
	// look up
	//   otelmistral.observation.type = span
	//   otelmistral.observation.path = look up
	//   otelmistral.observation.input = "status of [transaction]"
}

// What holds for the whole process is said once.
func ExampleWithDefaults() {
	defer start(instrumentation.WithDefaults(
		instrumentation.Environment("staging"), instrumentation.Release("1.4.0")))()
	_, o := instrumentation.StartObservation(context.Background(), "greet")
	o.End(nil)
	// Output:
	// greet
	//   otelmistral.observation.type = span
	//   otelmistral.observation.path = greet
	//   otelmistral.environment = staging
	//   otelmistral.release = 1.4.0
}

// One service says for whom it works, and another one, here on the other side of
// a header, records that, too.
func ExampleWithBaggage() {
	defer start(instrumentation.WithBaggage())()
	wire := propagation.MapCarrier{}
	here := instrumentation.Propagate(context.Background(), instrumentation.UserID("u-7"))
	propagation.Baggage{}.Inject(here, wire)
	fmt.Println(wire["baggage"])

	there := propagation.Baggage{}.Extract(context.Background(), wire)
	_, o := instrumentation.StartObservation(there, "greet")
	o.End(nil)
	// Output:
	// user.id=u-7
	// greet
	//   otelmistral.observation.type = span
	//   otelmistral.observation.path = greet
	//   user.id = u-7
}

// The span of a tool says which call of the model it answers.
func ExampleContextWithToolCall() {
	defer start()()
	ctx := instrumentation.ContextWithToolCall(context.Background(), "call_1")
	_, _ = instrumentation.Observe(ctx, "payment_status", "T1001", status, instrumentation.AsTool())
	// Output:
	// payment_status
	//   otelmistral.observation.type = tool
	//   otelmistral.observation.path = payment_status
	//   gen_ai.operation.name = execute_tool
	//   gen_ai.tool.name = payment_status
	//   gen_ai.tool.call.id = call_1
	//   otelmistral.observation.input = "T1001"
	//   otelmistral.observation.output = "paid by [email]"
}

// A function that is observed adds what it learns on its way.
func ExampleObservationFromContext() {
	defer start()()
	_, _ = instrumentation.Observe(context.Background(), "support", "T1001",
		func(ctx context.Context, id string) (string, error) {
			instrumentation.ObservationFromContext(ctx).SetMetadata("queue", "payments")
			return status(ctx, id)
		})
	// Output:
	// support
	//   otelmistral.observation.type = span
	//   otelmistral.observation.path = support
	//   otelmistral.observation.input = "T1001"
	//   otelmistral.observation.metadata.queue = payments
	//   otelmistral.observation.output = "paid by [email]"
}
