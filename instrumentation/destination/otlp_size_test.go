// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/otelmistral/otelmistral/internal/testserver"
)

// secretText stands for what a user said.
const secretText = "what a user said"

func TestRequestsAreSplitBySize(t *testing.T) {
	tests := []struct {
		name     string
		option   int // of the endpoint
		limit    int // of the destination
		max      int
		requests int // at least
	}{
		{"option", 5000, 0, 5000, 8},
		{"limit of the destination", 0, 5000, 5000, 8},
		{"option over limit", 20000, 5000, 20000, 2},
		{"default", 0, 0, DefaultMaxRequestBytes, 1},
	}
	for _, tt := range tests {
		for _, o := range []OTLP{{}, {Gzip: true}} {
			t.Run(fmt.Sprintf("%s/gzip=%t", tt.name, o.Gzip), func(t *testing.T) {
				r := receiver(t)
				o.URL, o.MaxRequestBytes = r.URL+"/v1/traces", tt.option
				d := otlp(o)
				d.Limits.MaxRequestBytes = tt.limit
				p := start(t, d)
				end(p, 40, attribute.String("text", strings.Repeat("x", 900)))
				require.NoError(t, p.Shutdown(t.Context()))
				assert.Len(t, names(r.Spans().Snapshots()), 40)
				assert.GreaterOrEqual(t, len(r.Requests()), tt.requests)
				for _, e := range r.Requests() {
					assert.LessOrEqual(t, e.Bytes, tt.max)
				}
				assert.EqualValues(t, 40, p.Counts().Exported)
			})
		}
	}
}

func TestSpanLargerThanARequestGoesAlone(t *testing.T) {
	r := receiver(t)
	p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces", MaxRequestBytes: 2000}))
	p.OnEnd(stub(1).Snapshot())
	p.OnEnd(stub(2, attribute.String("text", strings.Repeat("x", 5000))).Snapshot())
	p.OnEnd(stub(3).Snapshot())
	require.NoError(t, p.Shutdown(t.Context()))
	assert.Len(t, r.Spans(), 3)
	assert.Len(t, r.Requests(), 3)
}

// The parts of a batch, put together, are the batch, and none is larger than it
// says.
func TestPartsOfABatch(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var batch []*tracepb.ResourceSpans
	var all []string
	for range 4 {
		res := &tracepb.ResourceSpans{SchemaUrl: strings.Repeat("r", random.IntN(50))}
		for range 3 {
			scope := &tracepb.ScopeSpans{SchemaUrl: strings.Repeat("s", random.IntN(200))}
			for range random.IntN(8) {
				all = append(all, strings.Repeat("n", random.IntN(300)))
				scope.Spans = append(scope.Spans, &tracepb.Span{Name: all[len(all)-1]})
			}
			res.ScopeSpans = append(res.ScopeSpans, scope)
		}
		batch = append(batch, res)
	}
	for _, limit := range []int{0, 1, 300, 500, 1000, 3000, 1 << 20} {
		var got []string
		for items := flatten(batch); len(items) > 0; {
			n := fit(items, limit)
			part := request(items[:n])
			items = items[n:]
			size := 0
			for _, r := range part {
				size += proto.Size(r) + 1 + 5
				for _, s := range r.GetScopeSpans() {
					for _, span := range s.GetSpans() {
						got = append(got, span.GetName())
					}
				}
			}
			if n > 1 {
				assert.LessOrEqual(t, size, limit)
			}
		}
		assert.Equal(t, all, got, limit)
	}
}

func TestResourcesAndScopesSurviveTheSplit(t *testing.T) {
	r := receiver(t)
	p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces", MaxRequestBytes: 300}))
	for i := range 12 {
		s := stub(i)
		s.Resource = resource.NewSchemaless(attribute.Int("service", i%2))
		s.InstrumentationScope = instrumentation.Scope{Name: fmt.Sprint("scope ", i%3)}
		p.OnEnd(s.Snapshot())
	}
	require.NoError(t, p.Shutdown(t.Context()))
	require.Len(t, r.Spans(), 12)
	for _, s := range r.Spans() {
		var i int
		_, err := fmt.Sscanf(s.Name, "span %d", &i)
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprint("scope ", i%3), s.InstrumentationScope.Name)
		v, _ := s.Resource.Set().Value("service")
		assert.EqualValues(t, i%2, v.AsInt64())
	}
	assert.Greater(t, len(r.Requests()), 2)
}

// poisoned answers status to every request with one of the spans in it.
func poisoned(status int, poison ...string) testserver.ReceiverOption {
	return testserver.WithResponder(func(e testserver.Export) testserver.Response {
		for _, s := range e.Spans {
			for _, p := range poison {
				if s.Name == p {
					return testserver.Response{Status: status, Message: "cannot take " + secretText}
				}
			}
		}
		return testserver.Response{}
	})
}

func TestOnlyTheSpanAtFaultIsLost(t *testing.T) {
	tests := []struct {
		name     string
		status   int
		poison   []string
		dropped  map[Reason]int64
		requests int // at most
		text     []string
	}{
		{"400 for one", 400, []string{"span 37"}, map[Reason]int64{ReasonRefused: 1}, 15, []string{`span "span 37" of `, "answered 400 Bad Request"}},
		{"413 for one", 413, []string{"span 0"}, map[Reason]int64{ReasonTooLarge: 1}, 15, []string{`span "span 0" of `, "answered 413 Request Entity Too Large"}},
		{"400 for the last", 400, []string{"span 99"}, map[Reason]int64{ReasonRefused: 1}, 15, []string{`span "span 99" of `}},
		{"400 for three", 400, []string{"span 3", "span 50", "span 51"}, map[Reason]int64{ReasonRefused: 3}, 40, []string{`"span 3"`, `"span 50"`, `"span 51"`}},
	}
	for _, tt := range tests {
		for _, asJSON := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/json=%t", tt.name, asJSON), func(t *testing.T) {
				handled.take()
				r := receiver(t, poisoned(tt.status, tt.poison...))
				d := otlp(OTLP{URL: r.URL + "/v1/traces", JSON: asJSON})
				d.Limits.BatchSpans = 100
				p := start(t, d)
				end(p, 100, attribute.String("text", secretText))
				lost := int64(len(tt.poison))
				require.Eventually(t, func() bool { return p.Counts().Queued == 0 }, eventually, tick)
				require.ErrorContains(t, p.Shutdown(t.Context()), "did not reach destination")
				got := names(r.Spans().Snapshots())
				assert.Len(t, got, 100-len(tt.poison))
				for _, name := range tt.poison {
					assert.NotContains(t, got, name)
				}
				c := p.Counts()
				assert.Equal(t, tt.dropped, c.Dropped)
				assert.Equal(t, 100-lost, c.Exported)
				assert.LessOrEqual(t, len(r.Requests()), tt.requests)
				told := handled.take()
				require.Len(t, told, 1, "reported once")
				for _, text := range tt.text {
					assert.Contains(t, told[0], text)
				}
				assert.Contains(t, told[0], " bytes")
				assert.NotContains(t, told[0], secretText)
			})
		}
	}
}

// Protobuf takes valid UTF-8 only: one bad byte would cost a whole request.
func TestTextThatIsNotUTF8CostsNoSpan(t *testing.T) {
	bad := func(what string) string { return what + " \xff\xfe!" }
	for _, o := range []OTLP{{}, {Gzip: true}, {JSON: true}} {
		t.Run(fmt.Sprintf("gzip=%t,json=%t", o.Gzip, o.JSON), func(t *testing.T) {
			r := receiver(t)
			o.URL = r.URL + "/v1/traces"
			p := start(t, otlp(o))
			s := stub(50,
				attribute.String(bad("key"), bad("value")),
				attribute.StringSlice("list", []string{"good", bad("item")}),
			)
			s.Name = bad("name")
			s.Status = sdktrace.Status{Code: codes.Error, Description: bad("status")}
			s.Events = []sdktrace.Event{{Name: bad("event"), Attributes: []attribute.KeyValue{attribute.String("of event", bad("detail"))}}}
			s.Links = []sdktrace.Link{{SpanContext: stub(1).SpanContext, Attributes: []attribute.KeyValue{attribute.String("of link", bad("link"))}}}
			s.Resource = resource.NewWithAttributes(bad("schema"), attribute.String("of resource", bad("resource")))
			s.InstrumentationScope = instrumentation.Scope{Name: bad("scope"), Version: bad("version")}
			end(p, 50)
			p.OnEnd(s.Snapshot())
			end(p, 50)
			require.NoError(t, p.Shutdown(t.Context()))
			require.Len(t, r.Spans(), 101)
			require.Len(t, r.Requests(), 1)
			sent, err := protojson.Marshal(&tracepb.TracesData{ResourceSpans: r.ResourceSpans()})
			require.NoError(t, err)
			for _, what := range []string{"key", "value", "item", "name", "status", "event", "detail", "link", "schema", "resource", "scope", "version"} {
				assert.Regexp(t, what+" \uFFFD{1,2}!", string(sent)) // protobuf: one for the run, JSON: one for each byte
			}
		})
	}
}

// A backend that refuses whatever it gets is not asked once for each span.
func TestBackendThatRefusesEverythingIsNotFlooded(t *testing.T) {
	for status, reason := range map[int]Reason{400: ReasonRefused, 413: ReasonTooLarge} {
		r := receiver(t, testserver.WithResponder(func(testserver.Export) testserver.Response {
			return testserver.Response{Status: status}
		}))
		p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces"}))
		end(p, DefaultBatchSpans)
		require.Error(t, p.Shutdown(t.Context()))
		assert.Equal(t, map[Reason]int64{reason: DefaultBatchSpans}, p.Counts().Dropped)
		assert.LessOrEqual(t, len(r.Requests()), 2*maxRefusals+1)
	}
}

// What is small enough gets through, whatever the backend's limit is.
func TestUnknownLimitOfTheBackendIsFound(t *testing.T) {
	r := receiver(t, testserver.WithResponder(func(e testserver.Export) testserver.Response {
		if e.Bytes > 3000 {
			return testserver.Response{Status: 413}
		}
		return testserver.Response{}
	}))
	p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces", Timeout: time.Minute}))
	end(p, 64, attribute.String("text", strings.Repeat("x", 900)))
	p.OnEnd(stub(64, attribute.String("text", strings.Repeat("x", 4000))).Snapshot())
	require.ErrorContains(t, p.Shutdown(t.Context()), `too_large 1; last error: `)
	assert.Len(t, r.Spans(), 64)
}

func TestLaterBatchesKeepToALimitThatTheBackendTaught(t *testing.T) {
	const limit = 200_000
	r := receiver(t, testserver.WithResponder(func(e testserver.Export) testserver.Response {
		if e.Bytes > limit {
			return testserver.Response{Status: 413}
		}
		return testserver.Response{}
	}))
	p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces"}))
	large := attribute.String("text", strings.Repeat("x", 10_000))
	var refused []int
	for range 3 {
		end(p, 100, large)
		require.NoError(t, p.ForceFlush(t.Context()))
		refused = append(refused, len(r.Rejected()))
	}
	require.NoError(t, p.Shutdown(t.Context()))
	assert.Equal(t, []int{7, 7, 7}, refused, "1 MB, 2 of 500 kB, 4 of 250 kB, and then none")
	assert.Len(t, r.Spans(), 300)
	last := r.Requests()[len(r.Requests())-2]
	assert.Greater(t, last.Bytes, limit/2)
}

func TestRefusalsDoNotMakeRequestsTiny(t *testing.T) {
	refuse := true
	r := receiver(t, testserver.WithResponder(func(testserver.Export) testserver.Response {
		if refuse {
			return testserver.Response{Status: 413}
		}
		return testserver.Response{}
	}))
	p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces"}))
	large := attribute.String("text", strings.Repeat("x", 1000))
	end(p, 300, large)
	require.Error(t, p.ForceFlush(t.Context()))
	refuse = false
	r.Reset()
	end(p, 300, large)
	require.NoError(t, p.ForceFlush(t.Context()))
	require.Len(t, r.Requests(), 6)
	for _, e := range r.Requests()[:5] {
		assert.Less(t, e.Bytes, minLearnt)
		assert.Greater(t, e.Bytes, minLearnt*3/4)
	}
	require.Error(t, p.Shutdown(t.Context()), "those that were refused")
}

func TestRefusalThatIsNotAboutSizeTeachesNoLimit(t *testing.T) {
	r := receiver(t, poisoned(400, "span 1"))
	p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces"}))
	large := attribute.String("text", strings.Repeat("x", 10_000))
	end(p, 100, large)
	require.Error(t, p.ForceFlush(t.Context()))
	r.Reset()
	p.OnEnd(stub(2, large).Snapshot())
	for i := range 50 {
		p.OnEnd(stub(100+i, large).Snapshot())
	}
	require.NoError(t, p.ForceFlush(t.Context()))
	assert.Len(t, r.Requests(), 1)
	require.Error(t, p.Shutdown(t.Context()), "the one that was refused")
}

// Bad spans that stand together do not take good ones with them.
func TestManyBadSpansInARowCostNoGoodOnes(t *testing.T) {
	const bad = 20
	r := receiver(t, testserver.WithResponder(func(e testserver.Export) testserver.Response {
		for _, s := range e.Spans {
			if strings.HasPrefix(s.Name, "bad") {
				return testserver.Response{Status: 400}
			}
		}
		return testserver.Response{}
	}))
	p := start(t, otlp(OTLP{URL: r.URL + "/v1/traces"}))
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p))
	for n := range DefaultBatchSpans {
		name := "good"
		if n < bad {
			name = "bad"
		}
		_, span := provider.Tracer("").Start(t.Context(), name)
		span.End()
	}
	require.Error(t, p.Shutdown(t.Context()))
	assert.Equal(t, int64(bad), p.Counts().Lost())
	assert.Equal(t, int64(DefaultBatchSpans-bad), p.Counts().Exported)
}

// The size split looks at lengths only. The span of a long conversation has
// attributes of its own for each message, as Respan wants them.
func BenchmarkSplit(b *testing.B) {
	const text = "It is named after the region. Most wheels ripen for eight to eighteen months; the older ones taste of nuts."
	for _, n := range []int{20, 200, 2000} {
		span := &tracepb.Span{Name: "chat"}
		for i := range n {
			for key, value := range map[string]string{"role": "assistant", "content": text} {
				span.Attributes = append(span.Attributes, &commonpb.KeyValue{
					Key:   fmt.Sprintf("gen_ai.prompt.%d.%s", i, key),
					Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}},
				})
			}
		}
		batch := []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{span}}}}}
		content := []byte("[" + strings.Repeat(`{"role":"assistant","parts":[{"type":"text","content":"`+text+`"}]},`, n) + "{}]")
		b.Run(fmt.Sprintf("messages=%d/json.Valid", n), func(b *testing.B) {
			for b.Loop() {
				if !json.Valid(content) {
					b.Fatal("not JSON")
				}
			}
		})
		b.Run(fmt.Sprintf("messages=%d/export", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for items := flatten(batch); len(items) > 0; {
					n := fit(items, DefaultMaxRequestBytes)
					request(items[:n])
					items = items[n:]
				}
			}
		})
	}
}
