// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/semconv"
)

// tree is an application's spans in the order of their starts. A line is
// "name" or "name < parent"; "< remote" is a parent in another process, and
// "<< parent" reaches the parent as if by a call of the process to itself.
type tree []string

var remote = trace.NewSpanContext(trace.SpanContextConfig{
	TraceID: trace.TraceID{9}, SpanID: trace.SpanID{9}, TraceFlags: trace.FlagsSampled, Remote: true,
})

// grow starts the spans of the tree, before that those called early, for which
// there is no processor yet. It ends a span at once, or all of them in reverse
// order.
func (tr tree) grow(p sdktrace.SpanProcessor, early int, atOnce bool) {
	tp := sdktrace.NewTracerProvider()
	tracer := tp.Tracer("app")
	contexts := map[string]context.Context{"remote": trace.ContextWithSpanContext(context.Background(), remote)}
	var spans []trace.Span
	for i, line := range tr {
		if i == early {
			tp.RegisterSpanProcessor(p)
		}
		name, parent, nested := strings.Cut(line, " < ")
		ctx := context.Background()
		if nested {
			ctx = contexts[parent]
		} else if name, parent, nested = strings.Cut(line, " << "); nested {
			ctx = trace.ContextWithRemoteSpanContext(ctx, trace.SpanContextFromContext(contexts[parent]))
		}
		ctx, span := tracer.Start(ctx, name)
		contexts[name] = ctx
		if atOnce && i >= early {
			span.End()
		}
		spans = append(spans, span)
	}
	for _, span := range slices.Backward(spans) {
		span.End() // a second End does nothing
	}
}

// treeOf writes what a destination got as a tree, sorted. A root has a "!".
func treeOf(spans []sdktrace.ReadOnlySpan) tree {
	name := map[trace.SpanID]string{remote.SpanID(): "remote"}
	for _, s := range spans {
		name[s.SpanContext().SpanID()] = s.Name()
	}
	var tr tree
	for _, s := range spans {
		line := s.Name()
		if slices.Contains(s.Attributes(), semconv.AppRootKey.Bool(true)) {
			line = "!" + line
		}
		if p := s.Parent(); p.IsValid() {
			if name[p.SpanID()] == "" {
				line += " < (missing)"
			} else {
				line += " < " + name[p.SpanID()]
			}
		}
		tr = append(tr, line)
	}
	slices.Sort(tr)
	return tr
}

// keepNames keeps spans whose name begins with k.
func keepNames(s sdktrace.ReadOnlySpan) bool { return strings.HasPrefix(s.Name(), "k") }

func TestSpanHangsBelowTheNearestKeptOne(t *testing.T) {
	tests := []struct {
		name    string
		grown   tree
		early   int
		keepAll bool
		want    tree
	}{
		{"everything kept", tree{"k1", "k2 < k1", "k3 < k2"}, 0, false, tree{"!k1", "k2 < k1", "k3 < k2"}},
		{"server, workflow, query, chat", tree{"server", "kworkflow < server", "sql < kworkflow", "kchat < sql"}, 0, false,
			tree{"!kworkflow", "kchat < kworkflow"}},
		{"several left out in a row", tree{"k1", "a < k1", "b < a", "c < b", "k2 < c"}, 0, false, tree{"!k1", "k2 < k1"}},
		{"nothing kept above", tree{"a", "b < a", "k1 < b"}, 0, false, tree{"!k1"}},
		{"two below a root that is left out", tree{"a", "k1 < a", "k2 < a", "k3 < k1"}, 0, false, tree{"!k1", "!k2", "k3 < k1"}},
		{"leaves left out", tree{"k1", "a < k1"}, 0, false, tree{"!k1"}},
		{"nothing kept", tree{"a", "b < a"}, 0, false, nil},
		{"remote parent", tree{"k1 < remote", "k2 < k1"}, 0, false, tree{"!k1 < remote", "k2 < k1"}},
		{"remote parent above what is left out", tree{"a < remote", "b < a", "k1 < b", "k2 < k1"}, 0, false,
			tree{"!k1 < remote", "k2 < k1"}},
		{"the process calls itself", tree{"k1", "client < k1", "server << client", "k2 < server"}, 0, false,
			tree{"!k1", "k2 < k1"}},
		{"the process calls itself, kept on both sides", tree{"k1", "k2 << k1"}, 0, false, tree{"!k1", "k2 < k1"}},
		{"two traces", tree{"a", "k1 < a", "k2", "k3 < k2"}, 0, false, tree{"!k1", "!k2", "k3 < k2"}},
		{"started before the processor was there", tree{"a", "b < a", "k1 < b"}, 2, false,
			tree{"!a", "b < a", "k1 < b"}},
		{"no Keep", tree{"a", "b < a", "c < remote"}, 0, true, tree{"!a", "!c < remote", "b < a"}},
	}
	for _, tt := range tests {
		for _, atOnce := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/parent ends first=%t", tt.name, atOnce), func(t *testing.T) {
				e := &fakeExporter{}
				d := destinationOf(e, Limits{})
				if !tt.keepAll {
					d.Keep = keepNames
				}
				p := start(t, d)
				tt.grown.grow(p, tt.early, atOnce)
				require.NoError(t, p.Shutdown(t.Context()))
				assert.Equal(t, tt.want, treeOf(e.spans()))
				assert.EqualValues(t, len(tt.want), p.Counts().Exported, "what is left out is not counted")
			})
		}
	}
}

func TestWhatADestinationLeavesOutReachesTheOthers(t *testing.T) {
	some, all := &fakeExporter{}, &fakeExporter{}
	d := destinationOf(some, Limits{})
	d.Keep = keepNames
	picky, open := start(t, d), start(t, destinationOf(all, Limits{}))
	tp := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(picky), sdktrace.WithSpanProcessor(open))
	ctx, a := tp.Tracer("").Start(t.Context(), "a")
	_, k := tp.Tracer("").Start(ctx, "k1", trace.WithAttributes(attribute.Int("x", 1)))
	k.End()
	a.End()
	require.NoError(t, tp.Shutdown(t.Context()))
	assert.Equal(t, tree{"!k1"}, treeOf(some.spans()))
	assert.Equal(t, tree{"!a", "k1 < a"}, treeOf(all.spans()))
	assert.Len(t, some.spans()[0].Attributes(), 2)
}

// The destinations share the array of a span's attributes.
func TestMarkOfARootIsNotWrittenIntoTheSpan(t *testing.T) {
	attrs := append(make([]attribute.KeyValue, 0, 4), attribute.Int("x", 1))
	s := stub(1, attrs...).Snapshot()
	assert.Len(t, attach(s, originOf(s)).Attributes(), 2)
	assert.Equal(t, attribute.KeyValue{}, attrs[:2][1])
}

func TestTreesOfManyGoroutinesAreWholeConcurrentSafe(t *testing.T) {
	workers, each := 8, 200
	if testing.Short() { // for those who run it a hundred times
		each = 20
	}
	e := &fakeExporter{}
	d := destinationOf(e, Limits{})
	d.Keep = keepNames
	p := start(t, d)
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p)).Tracer("app")
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				ctx, server := tracer.Start(t.Context(), "server")
				ctx, workflow := tracer.Start(ctx, "kworkflow")
				var inner sync.WaitGroup
				for range 3 {
					inner.Go(func() {
						ctx, sql := tracer.Start(ctx, "sql")
						sql.End()
						_, chat := tracer.Start(ctx, "kchat")
						chat.End()
					})
				}
				server.End()
				inner.Wait()
				workflow.End()
			}
		})
	}
	wg.Wait()
	require.NoError(t, p.Shutdown(t.Context()))
	count := map[string]int{}
	for _, line := range treeOf(e.spans()) {
		count[line]++
	}
	assert.Equal(t, map[string]int{"!kworkflow": workers * each, "kchat < kworkflow": 3 * workers * each}, count)
	assert.Zero(t, p.lineage.underWay.Len())
}

func TestMemoryOfTheFilterIsBounded(t *testing.T) {
	tests := []struct {
		name string
		ends bool
		want int
	}{{"spans that end", true, 20}, {"spans that never end", false, 10}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := &fakeExporter{}
			d := destinationOf(e, Limits{})
			d.Keep = keepNames
			p := start(t, d)
			p.lineage.maxUnderWay, p.lineage.maxEnded = 10, 20
			tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p)).Tracer("app")
			var spans []trace.Span
			for range 1000 {
				_, s := tracer.Start(t.Context(), "a")
				if tt.ends {
					s.End()
				}
				spans = append(spans, s)
			}
			assert.Len(t, p.lineage.entries, tt.want)
			assert.Equal(t, tt.want, p.lineage.underWay.Len()+p.lineage.ended.Len())
			for _, s := range spans {
				s.End()
			}
			require.NoError(t, p.Shutdown(t.Context()))
			if tt.ends {
				assert.Empty(t, e.spans())
			} else {
				assert.Len(t, e.spans(), 990, "what is forgotten counts as kept")
			}
		})
	}
}

func TestKeepThatPanicsKeepsTheSpan(t *testing.T) {
	handled.take()
	e := &fakeExporter{}
	d := destinationOf(e, Limits{})
	d.Keep = func(s sdktrace.ReadOnlySpan) bool { panic("secret of " + s.Name()) }
	p := start(t, d)
	tree{"a", "b < a"}.grow(p, 0, false)
	require.NoError(t, p.Shutdown(t.Context()))
	assert.Equal(t, tree{"!a", "b < a"}, treeOf(e.spans()))
	var told []string
	require.Eventually(t, func() bool {
		told = append(told, handled.take()...)
		return len(told) > 0
	}, eventually, tick)
	assert.Equal(t, []string{"destination test: Keep panicked with a string"}, told)
}

// A span that only records, for example for a metric, goes nowhere, so nothing
// may hang below it.
func TestSpanThatIsNotSampledIsLeftOut(t *testing.T) {
	e := &fakeExporter{}
	d := destinationOf(e, Limits{})
	d.Keep = func(sdktrace.ReadOnlySpan) bool { return true }
	p := start(t, d)
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p), sdktrace.WithSampler(recordOnlyA{})).Tracer("")
	ctx, a := tracer.Start(t.Context(), "a")
	_, b := tracer.Start(ctx, "b")
	b.End()
	a.End()
	require.NoError(t, p.Shutdown(t.Context()))
	assert.Equal(t, tree{"!b"}, treeOf(e.spans()))
}

type recordOnlyA struct{}

func (recordOnlyA) Description() string { return "" }

func (recordOnlyA) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	if p.Name == "a" {
		return sdktrace.SamplingResult{Decision: sdktrace.RecordOnly}
	}
	return sdktrace.SamplingResult{Decision: sdktrace.RecordAndSample}
}
