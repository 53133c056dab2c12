// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

const conversationURL = "https://api.mistral.ai/v1/conversations"

// The server's clock is not ours: a tool may seem to have run before the call or
// after it.
func TestToolsOfTheServerRunWithinTheirCall(t *testing.T) {
	const took = 10 * time.Second
	for _, tt := range []struct {
		name          string
		created       string // as seconds after the start of the call; "" if not told
		completed     string
		start, finish time.Duration
	}{
		{"within", "2", "5", 2 * time.Second, 5 * time.Second},
		{"before the start", "-7", "-3", 0, 0},
		{"from before the start", "-7", "3", 0, 3 * time.Second},
		{"until after the end", "4", "30", 4 * time.Second, took},
		{"after the end", "20", "30", took, took},
		{"not completed", "4", "", 4 * time.Second, took},
		{"no times", "", "", 0, took},
		{"reversed", "6", "4", 6 * time.Second, 6 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				stamp := func(name, seconds string) string {
					if seconds == "" {
						return ""
					}
					after, err := time.ParseDuration(seconds + "s")
					require.NoError(t, err)
					return fmt.Sprintf(`,"%s":"%s"`, name, begin.Add(after).UTC().Format(time.RFC3339Nano))
				}
				reply := `{"conversation_id":"c","outputs":[{"type":"tool.execution","name":"web_search"` +
					stamp("created_at", tt.created) + stamp("completed_at", tt.completed) + `}]}`
				r := newRecorder()
				resp, err := r.transport(answering(jsonType, &script{{took, reply}})).
					RoundTrip(requestTo(t, conversationURL, `{"model":"m","inputs":"a"}`))
				require.NoError(t, err)
				_, err = io.Copy(io.Discard, resp.Body)
				require.NoError(t, err)

				spans := r.exporter.GetSpans()
				require.Len(t, spans, 2)
				tool, call := spans[0], spans[1]
				assert.Equal(t, "execute_tool web_search", tool.Name)
				assert.Equal(t, trace.SpanKindInternal, tool.SpanKind)
				assert.Equal(t, call.SpanContext.SpanID(), tool.Parent.SpanID())
				assert.Equal(t, begin, call.StartTime)
				assert.Equal(t, begin.Add(took), call.EndTime)
				assert.Equal(t, tt.start, tool.StartTime.Sub(begin))
				assert.Equal(t, tt.finish, tool.EndTime.Sub(begin))
			})
		})
	}
}

// The server's clock is ours here, so what it tells is what the span has.
func TestAConversationsStreamWithAToolOfTheServer(t *testing.T) {
	server := testserver.NewMistral(testserver.WithClock(time.Now), testserver.WithPace(0, 5*time.Millisecond))
	t.Cleanup(server.Close)
	r := newRecorder()
	client := &http.Client{Transport: r.transport(new(http.Transport), roundtripper.WithHosts("127.0.0.1"))}
	t.Cleanup(client.CloseIdleConnections)
	// Of a body that is not in memory only the end tells that a model is called.
	body := io.MultiReader(strings.NewReader(
		`{"inputs":"What is 21 * 2?","stream":true,"tools":[{"type":"code_interpreter"}],"model":"mistral-small-latest"}`))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v1/conversations", body)
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer key")
	resp, err := client.Do(req)
	require.NoError(t, err)
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Contains(t, string(got), "event: tool.execution.done\n")

	spans := r.exporter.GetSpans()
	require.Len(t, spans, 2)
	tool, call := span{spans[0]}, span{spans[1]}
	assert.Equal(t, "chat mistral-small-latest", call.Name)
	assert.Equal(t, "completed", call.outcome())
	assert.NotEmpty(t, call.attr(semconv.GenAIConversationIDKey).AsString())
	assert.Equal(t, []string{"code_interpreter=1"}, call.attr(semconv.MistralUsageConnectorsKey).AsStringSlice())
	assert.Contains(t, call.attr(semconv.GenAIOutputMessagesKey).AsString(), `"server_tool_call_response"`)
	assert.Positive(t, call.attr(semconv.MistralResponseTimeToFirstTokenKey).AsFloat64())

	assert.Equal(t, "execute_tool code_interpreter", tool.Name)
	assert.Equal(t, "extension", tool.attr(semconv.GenAIToolTypeKey).AsString())
	assert.Contains(t, tool.attr(semconv.GenAIToolCallArgumentsKey).AsString(), "21 * 2")
	assert.Contains(t, tool.attr(semconv.GenAIToolCallResultKey).AsString(), "code_output")
	assert.Equal(t, call.SpanContext.TraceID(), tool.SpanContext.TraceID())
	assert.Equal(t, call.SpanContext.SpanID(), tool.Parent.SpanID())
	assert.True(t, tool.StartTime.After(call.StartTime))
	assert.Equal(t, time.Millisecond, tool.EndTime.Sub(tool.StartTime).Round(time.Microsecond))
}

// toolless is a sampler that cannot bear the spans of tools.
type toolless struct{ sdktrace.Sampler }

func (s toolless) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	if strings.HasPrefix(p.Name, "execute_tool") {
		panic("x")
	}
	return s.Sampler.ShouldSample(p)
}

func TestPanicOverAToolOfTheServerCostsNoEvent(t *testing.T) {
	r, book := newRecorder(sdktrace.WithSampler(toolless{sdktrace.AlwaysSample()})), &logbook{}
	const reply = `{"conversation_id":"c","outputs":[{"type":"tool.execution","name":"web_search"}]}`
	resp, err := r.transport(answering(jsonType, bodyOf(reply)), book.option()).
		RoundTrip(requestTo(t, conversationURL, `{"model":"m","inputs":"a"}`))
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	r.one(t)
	book.one(t, semconv.EventInferenceDetails)
}
