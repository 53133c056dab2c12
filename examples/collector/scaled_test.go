// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/instrumentation"
	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/internal/testserver"
)

func TestGatewaysBehindKafkaKeepWholeTraces(t *testing.T) {
	const partitions = 8
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, "otlp_spans"))
	require.NoError(t, err)
	defer kafka.Close()
	brokers := "KAFKA_BROKERS=" + kafka.ListenAddrs()[0]
	agent := newAgent(t, "scaled/agent.yaml")
	agent.env = append(agent.env, brokers)
	agent.hurry("kafka")

	langfuse, gateways := newGateways(t, func(g *collector) { g.env = append(g.env, brokers) })
	assigned := regexp.MustCompile(`"assigned": "(?:otlp_spans\[([0-9 ]*)\])?"`)
	for _, g := range gateways { // before that a partition, and the traces in it, could still move
		require.Eventually(t, func() bool {
			all := assigned.FindAllStringSubmatch(g.log.String(), -1)
			return len(all) > 0 && len(strings.Fields(all[len(all)-1][1])) == partitions/2
		}, 20*time.Second, 20*time.Millisecond)
	}
	agent.start()
	assertWholeTracesAreKept(t, agent, langfuse)
}

func TestGatewaysBehindALoadBalancingAgentKeepWholeTraces(t *testing.T) {
	agent := newAgent(t, "scaled/agent.yaml", "scaled/agent-direct.yaml")
	agent.hurry("load_balancing")
	langfuse, gateways := newGateways(t, func(g *collector) { g.set("receivers::kafka::brokers", freeAddress(t)) })
	agent.set("exporters::load_balancing::resolver", "{dns: null, static: {hostnames: ["+gateways[0].port["otlp"]+", "+gateways[1].port["otlp"]+"]}}")
	agent.start()
	assertWholeTracesAreKept(t, agent, langfuse)
}

func newAgent(t *testing.T, files ...string) *collector {
	t.Helper()
	return newCollector(t, files, map[string]string{"otlp": "receivers::otlp::protocols::http::endpoint"})
}

// newGateways starts two of them in front of a Langfuse.
func newGateways(t *testing.T, prepare func(*collector)) (*backend, []*collector) {
	t.Helper()
	langfuse := newBackend(t, testserver.NewLangfuse())
	langfuse.start()
	var gateways []*collector
	for range 2 {
		g := newCollector(t, []string{"scaled/gateway.yaml"}, map[string]string{"otlp": "receivers::otlp::protocols::grpc::endpoint"})
		g.env = append(g.env, "LANGFUSE_BASE_URL="+langfuse.url(),
			"LANGFUSE_PUBLIC_KEY="+testserver.LangfusePublicKey, "LANGFUSE_SECRET_KEY="+testserver.LangfuseSecretKey)
		g.set("processors::tail_sampling::decision_wait", "3s")
		g.hurry("otlp_http/langfuse")
		prepare(g)
		g.start()
		gateways = append(gateways, g)
	}
	return langfuse, gateways
}

// assertWholeTracesAreKept sends each trace in two requests, with those of others
// between them. A gateway that gets half of one keeps that half at most.
func assertWholeTracesAreKept(t *testing.T, agent *collector, langfuse *backend) {
	t.Helper()
	a := newApplication(t, []destination.Destination{plain(t, "agent", agent.url("otlp"))})
	keep := map[string]bool{} // by id of the trace
	var around []*instrumentation.Observation
	workflow := func(kept bool, call func(context.Context)) {
		ctx, o := instrumentation.StartObservation(t.Context(), "workflow", instrumentation.AsWorkflow())
		call(ctx)
		a.flush() // in a request of its own; what is around it ends later
		around = append(around, o)
		if kept {
			keep[trace.SpanContextFromContext(ctx).TraceID().String()] = true
		}
	}
	const fine = 40
	for range fine {
		workflow(false, func(ctx context.Context) { a.ask(ctx, "Is all well?", false) })
	}
	for range 8 {
		a.mistral.Enqueue(testserver.ErrorNamed("429 rate limited").Reply())
		workflow(true, func(ctx context.Context) { a.ask(ctx, "Is all well?", false) })
		workflow(true, a.leave)
	}
	for _, o := range around {
		o.End(nil)
		a.flush()
	}
	keep[sendSlowTrace(t, agent.url("otlp"))] = true

	spans := map[string]map[string]bool{} // names by id of the trace
	arrived := assert.Eventually(t, func() bool {
		clear(spans)
		for _, s := range langfuse.WireSpans() {
			id := fmt.Sprintf("%x", s.GetTraceId())
			if spans[id] == nil {
				spans[id] = map[string]bool{}
			}
			spans[id][s.GetName()] = true
		}
		for id := range keep {
			if len(spans[id]) < 2 {
				return false
			}
		}
		return true
	}, 20*time.Second, 100*time.Millisecond)
	if !arrived {
		t.Logf("%d traces of %d to keep arrived", len(spans), len(keep))
	}
	for id, names := range spans {
		assert.Len(t, names, 2, "half of %s", id)
	}
	assert.Less(t, len(spans)-len(keep), fine/2, "of the others, a tenth is kept")
}

// sendSlowTrace sends a call that took a minute, and returns the id of its trace.
func sendSlowTrace(t *testing.T, url string) string {
	t.Helper()
	const id = "0123456789abcdef0123456789abcdef"
	end := time.Now()
	span := func(spanID, name string) string {
		return fmt.Sprintf(`{"traceId":%q,"spanId":%q,"name":%q,"startTimeUnixNano":"%d","endTimeUnixNano":"%d"}`,
			id, spanID, name, end.Add(-time.Minute).UnixNano(), end.UnixNano())
	}
	body := `{"resourceSpans":[{"scopeSpans":[{"spans":[` + span("0123456789abcdef", "workflow") + "," + span("1123456789abcdef", "chat") + `]}]}]}`
	resp, err := http.Post(url+"/v1/traces", "application/json", strings.NewReader(body))
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	return id
}
