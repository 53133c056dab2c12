// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
	"github.com/otelmistral/otelmistral/instrumentation/respan"
	"github.com/otelmistral/otelmistral/internal/testserver"
	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// endpointSpan is what becomes of one span at each destination.
type endpointSpan struct {
	name     string
	langfuse string // the type of the observation
	respan   string // the type of the log
	// plain is some of what a collector gets, in OTLP's JSON.
	plain map[attribute.Key]string
}

// upload is a form with two bytes of audio.
const upload = "--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nvoxtral-mini-latest\r\n" +
	"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a secret.wav\"\r\n\r\n..\r\n--x--\r\n"

// endpoints has each endpoint of the test server that runs something.
var endpoints = []struct {
	path, body  string
	form        bool           // with the boundary x
	contentless bool           // the conventions have no place for what it says
	spans       []endpointSpan // the call, and what the server ran during it
}{
	{
		path: "/v1/chat/completions",
		body: `{"model":"mistral-small-latest","messages":[{"role":"user","content":"a secret"}]}`,
		spans: []endpointSpan{{
			name: "chat mistral-small-latest", langfuse: "generation", respan: "chat",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey:         `{"stringValue":"chat"}`,
				semconv.GenAIRequestModelKey:          `{"stringValue":"mistral-small-latest"}`,
				semconv.GenAIResponseFinishReasonsKey: `{"arrayValue":{"values":[{"stringValue":"stop"}]}}`,
			},
		}},
	},
	{
		path: "/v1/fim/completions",
		body: `{"model":"codestral-latest","prompt":"a secret","suffix":"a secret","stream":true}`,
		spans: []endpointSpan{{
			name: "text_completion codestral-latest", langfuse: "generation", respan: "completion",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey:    `{"stringValue":"text_completion"}`,
				semconv.GenAIRequestStreamKey:    `{"boolValue":true}`,
				semconv.GenAIUsageInputTokensKey: `{"intValue":"12"}`,
			},
		}},
	},
	{
		path: "/v1/agents/completions",
		body: `{"agent_id":"ag_1","messages":[{"role":"user","content":"a secret"}]}`,
		spans: []endpointSpan{{
			name: "invoke_agent", langfuse: "generation", respan: "chat",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey: `{"stringValue":"invoke_agent"}`,
				semconv.GenAIAgentIDKey:       `{"stringValue":"ag_1"}`,
				semconv.GenAIRequestModelKey:  "",
				semconv.GenAIResponseModelKey: `{"stringValue":"mistral-small-2506"}`,
			},
		}},
	},
	{
		path: "/v1/embeddings",
		body: `{"model":"mistral-embed","input":["a secret","another secret"],"output_dimension":8}`,
		spans: []endpointSpan{{
			name: "embeddings mistral-embed", langfuse: "embedding", respan: "embedding",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey:            `{"stringValue":"embeddings"}`,
				semconv.GenAIEmbeddingsDimensionCountKey: `{"intValue":"8"}`,
				semconv.MistralRequestInputCountKey:      `{"intValue":"2"}`,
				semconv.GenAIUsageOutputTokensKey:        "",
			},
		}},
	},
	{
		path: "/v1/ocr",
		body: `{"model":"mistral-ocr-latest","document":{"type":"document_url","document_name":"a secret","document_url":"https://example.com/secret.pdf"},"pages":[0,1]}`,
		spans: []endpointSpan{{
			name: "generate_content mistral-ocr-latest", langfuse: "generation", respan: "chat",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey:            `{"stringValue":"generate_content"}`,
				semconv.MistralOCRUsagePagesProcessedKey: `{"intValue":"2"}`,
			},
		}},
	},
	{
		path: "/v1/moderations",
		body: `{"model":"mistral-moderation-latest","input":"kill a secret"}`,
		spans: []endpointSpan{{
			name: "moderations mistral-moderation-latest", langfuse: "guardrail", respan: "guardrail",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey:       "",
				semconv.MistralOperationKey:         `{"stringValue":"moderations"}`,
				semconv.MistralModerationFlaggedKey: `{"arrayValue":{"values":[{"stringValue":"violence_and_threats"}]}}`,
			},
		}},
	},
	{
		path: "/v1/chat/moderations",
		body: `{"model":"mistral-moderation-latest","input":[{"role":"user","content":"a secret"}]}`,
		spans: []endpointSpan{{
			name: "chat.moderations mistral-moderation-latest", langfuse: "guardrail", respan: "guardrail",
			plain: map[attribute.Key]string{
				semconv.MistralOperationKey:         `{"stringValue":"chat.moderations"}`,
				semconv.MistralModerationFlaggedKey: "",
			},
		}},
	},
	{
		path: "/v1/classifications",
		body: `{"model":"ft:classifier:1","input":["a secret?"]}`,
		spans: []endpointSpan{{
			name: "classifications ft:classifier:1", langfuse: "guardrail", respan: "guardrail",
			plain: map[attribute.Key]string{
				semconv.MistralOperationKey:            `{"stringValue":"classifications"}`,
				semconv.MistralClassificationLabelsKey: `{"arrayValue":{"values":[{"stringValue":"intent=question"}]}}`,
			},
		}},
	},
	{
		path: "/v1/chat/classifications",
		body: `{"model":"ft:classifier:1","input":[{"messages":[{"role":"user","content":"a secret"}]}]}`,
		spans: []endpointSpan{{
			name: "chat.classifications ft:classifier:1", langfuse: "guardrail", respan: "guardrail",
			plain: map[attribute.Key]string{
				semconv.MistralOperationKey:            `{"stringValue":"chat.classifications"}`,
				semconv.MistralClassificationLabelsKey: `{"arrayValue":{"values":[{"stringValue":"intent=statement"}]}}`,
			},
		}},
	},
	{
		path: "/v1/conversations",
		body: `{"model":"mistral-small-latest","inputs":"a secret","stream":true,"tools":[{"type":"web_search"}],"completion_args":{"temperature":0}}`,
		spans: []endpointSpan{{
			name: "chat mistral-small-latest", langfuse: "generation", respan: "chat",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey:          `{"stringValue":"chat"}`,
				semconv.GenAIRequestTemperatureKey:     `{"doubleValue":0}`,
				semconv.MistralUsageConnectorsKey:      `{"arrayValue":{"values":[{"stringValue":"web_search=1"}]}}`,
				semconv.GenAIUsageOutputTokensKey:      `{"intValue":"17"}`,
				semconv.MistralUsageConnectorTokensKey: `{"intValue":"5"}`,
			},
		}, {
			name: "execute_tool web_search", langfuse: "tool", respan: "tool",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey: `{"stringValue":"execute_tool"}`,
				semconv.GenAIToolNameKey:      `{"stringValue":"web_search"}`,
				semconv.GenAIToolTypeKey:      `{"stringValue":"extension"}`,
				semconv.MistralOutcomeKey:     "",
			},
		}},
	},
	{
		path: "/v1/conversations",
		body: `{"agent_id":"ag_1","inputs":"a secret"}`,
		spans: []endpointSpan{{
			name: "invoke_agent", langfuse: "generation", respan: "chat",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey: `{"stringValue":"invoke_agent"}`,
				semconv.GenAIAgentIDKey:       `{"stringValue":"ag_1"}`,
			},
		}},
	},
	{
		path: "/v1/conversations/conv_1",
		body: `{"inputs":"a secret"}`,
		spans: []endpointSpan{{
			name: "chat", langfuse: "generation", respan: "chat",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey:  `{"stringValue":"chat"}`,
				semconv.GenAIConversationIDKey: `{"stringValue":"conv_1"}`,
			},
		}},
	},
	{
		path: "/v1/agents",
		body: `{"model":"mistral-small-latest","name":"clerk","instructions":"Keep a secret."}`,
		spans: []endpointSpan{{
			name: "create_agent clerk", langfuse: "agent", respan: "custom",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey: `{"stringValue":"create_agent"}`,
				semconv.GenAIAgentVersionKey:  `{"stringValue":"0"}`,
			},
		}},
	},
	{
		path: "/v1/connectors/crm/tools/look_up/call",
		body: `{"arguments":{"name":"a secret"}}`,
		spans: []endpointSpan{{
			name: "execute_tool look_up", langfuse: "tool", respan: "tool",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey: `{"stringValue":"execute_tool"}`,
				semconv.GenAIToolNameKey:      `{"stringValue":"look_up"}`,
			},
		}},
	},
	{
		path:        "/v1/workflows/invoice/execute",
		body:        `{"input":{"name":"a secret"},"wait_for_result":true}`,
		contentless: true,
		spans: []endpointSpan{{
			name: "invoke_workflow invoice", langfuse: "chain", respan: "workflow",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey: `{"stringValue":"invoke_workflow"}`,
				semconv.GenAIWorkflowNameKey:  `{"stringValue":"invoice"}`,
			},
		}},
	},
	{
		path: "/v1/audio/transcriptions",
		body: upload, form: true,
		spans: []endpointSpan{{
			name: "audio.transcriptions voxtral-mini-latest", langfuse: "generation", respan: "transcription",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey:       "",
				semconv.MistralOperationKey:         `{"stringValue":"audio.transcriptions"}`,
				semconv.MistralUsageAudioSecondsKey: `{"doubleValue":1}`,
			},
		}},
	},
	{
		path: "/v1/audio/speech",
		body: `{"model":"voxtral-mini-tts-2603","input":"a secret"}`,
		spans: []endpointSpan{{
			name: "audio.speech voxtral-mini-tts-2603", langfuse: "generation", respan: "speech",
			plain: map[attribute.Key]string{
				semconv.GenAIOperationNameKey: "",
				semconv.MistralOperationKey:   `{"stringValue":"audio.speech"}`,
			},
		}},
	},
}

// Each call, by way of Start, at both products and at a plain collector.
func TestEachEndpointIsWhatEachDestinationCallsIt(t *testing.T) {
	cleanEnv(t, nil)
	mistral, toLangfuse, toRespan, collector := testserver.NewMistral(), testserver.NewLangfuse(), testserver.NewRespan(), receiver(t)
	t.Cleanup(mistral.Close)
	t.Cleanup(toLangfuse.Close)
	t.Cleanup(toRespan.Close)
	forLangfuse, err := langfuse.New(langfuse.Config{
		BaseURL: toLangfuse.URL, PublicKey: testserver.LangfusePublicKey, SecretKey: testserver.LangfuseSecretKey,
	})
	require.NoError(t, err)
	forRespan, err := respan.New(respan.Config{BaseURL: toRespan.URL, APIKey: testserver.RespanAPIKey})
	require.NoError(t, err)
	inst := startLocal(t, WithDestination(forLangfuse), WithDestination(forRespan), WithDestination(to(t, collector)),
		WithTransportOptions(roundtripper.WithHosts("127.0.0.1")))
	t.Cleanup(func() { assert.NoError(t, inst.Shutdown(context.Background())) })

	for _, e := range endpoints {
		t.Run(e.path, func(t *testing.T) {
			toLangfuse, toRespan, collector := since(toLangfuse), since(toRespan), since(collector)
			require.Equal(t, http.StatusOK, call(t, inst.Client(), mistral.URL+e.path, e.body, e.form))
			require.NoError(t, inst.Flush(t.Context()))

			inLangfuse, inRespan, plain := toLangfuse(t), toRespan(t), collector(t)
			for name, spans := range map[string]map[string]testserver.WireSpan{"langfuse": inLangfuse, "respan": inRespan, "collector": plain} {
				require.Len(t, spans, len(e.spans), name)
			}
			assert.Equal(t, semconv.OutcomeCompleted, plain[e.spans[0].name].Text(string(semconv.MistralOutcomeKey)))
			for _, want := range e.spans {
				require.Contains(t, plain, want.name)
				require.Contains(t, inLangfuse, want.name)
				require.Contains(t, inRespan, want.name)
				assert.Equal(t, want.langfuse, inLangfuse[want.name].Text("langfuse.observation.type"))
				assert.Equal(t, want.respan, inRespan[want.name].Text("respan.entity.log_type"))
				isPlain(t, plain[want.name])
				for key, value := range want.plain {
					assert.Equal(t, value, plain[want.name].JSON(string(key)), key)
				}
			}
			assert.Equal(t, !e.contentless, strings.Contains(all(inLangfuse), "secret"), "the products get content")
			assert.Equal(t, !e.contentless, strings.Contains(all(inRespan), "secret"), "the products get content")
		})
	}
}

// call makes a call of a model and reads its reply.
func call(t *testing.T, client *http.Client, url, body string, form bool) (status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer key")
	req.Header.Set("Content-Type", "application/json")
	if form {
		req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	}
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	return resp.StatusCode
}

// since returns what gives the spans that r has got from now on, by name.
func since(r *testserver.Receiver) func(*testing.T) map[string]testserver.WireSpan {
	before := len(r.WireSpans())
	return func(t *testing.T) map[string]testserver.WireSpan {
		t.Helper()
		spans := map[string]testserver.WireSpan{}
		for _, s := range r.WireSpans()[before:] {
			require.NotContains(t, spans, s.GetName())
			spans[s.GetName()] = s
		}
		return spans
	}
}

// isPlain holds that a span has the words of the conventions and the project, none
// of a product's, and no content.
func isPlain(t *testing.T, s testserver.WireSpan) {
	t.Helper()
	for _, key := range s.Keys() {
		k := attribute.Key(key)
		assert.True(t, semconv.Known(k) && !semconv.IsContent(k), key)
	}
	assert.NotContains(t, s.String(), "secret")
}

// all is everything that the spans say.
func all(spans map[string]testserver.WireSpan) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.String())
	}
	return b.String()
}
