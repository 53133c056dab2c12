// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/roundtripper"
	"github.com/otelmistral/otelmistral/semconv"
)

// endless gives chunks for ever and never blocks.
type endless struct{ rest string }

func (e *endless) Read(p []byte) (int, error) {
	if e.rest == "" {
		e.rest = textChunk
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func (*endless) Close() error { return nil }

func TestReadCloseAndCancelConcurrentSafe(t *testing.T) {
	for i := range 50 {
		synctest.Test(t, func(t *testing.T) {
			r := newRecorder()
			ctx, cancel := context.WithCancel(t.Context())
			resp, err := r.transport(answering(streamType, &endless{})).
				RoundTrip(chatRequest(t, streamRequest).WithContext(ctx))
			require.NoError(t, err)
			start := make(chan struct{})
			together := func(f func()) {
				go func() { <-start; f() }()
			}
			together(func() { _, _ = io.CopyN(io.Discard, resp.Body, int64(1000*i)) })
			together(func() { _ = resp.Body.Close() })
			together(func() { _ = resp.Body.Close() })
			together(cancel)
			close(start)
			synctest.Wait()
			s := r.one(t)
			assert.Contains(t, []string{semconv.OutcomeClosedEarly, semconv.OutcomeCancelled}, s.outcome())
		})
	}
}

// Whoever cancels a call, waits for it and then shuts the provider down must not
// lose its span.
func TestSpanOfACancelledCallHasEndedWhenTheCallerLearnsOfIt(t *testing.T) {
	for name, learn := range map[string]func(io.ReadCloser){
		"from Read":  func(body io.ReadCloser) { _, _ = io.Copy(io.Discard, body) },
		"from Close": func(body io.ReadCloser) { _ = body.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				r, slow := newRecorder(), make(chan struct{})
				rt := r.transport(answering(streamType, bodyOf(firstChunk+textChunk)), roundtripper.WithRedactor(func(_, text string) string {
					<-slow
					return text
				}))
				resp, err := rt.RoundTrip(chatRequest(t, streamRequest).WithContext(ctx))
				require.NoError(t, err)
				cancel()
				synctest.Wait() // now the context's goroutine ends the call
				learned := false
				go func() {
					learn(resp.Body)
					learned = true
				}()
				synctest.Wait()
				assert.False(t, learned, "before the span has ended")
				close(slow)
				synctest.Wait()
				assert.True(t, learned)
				assert.Equal(t, semconv.OutcomeCancelled, r.one(t).outcome())
			})
		})
	}
}

func TestManyCallsOverOneTransportConcurrentSafe(t *testing.T) {
	const workers, calls = 20, 20
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		reply, contentType := plainReply, jsonType
		if strings.Contains(string(body), `"stream":true`) {
			reply, contentType = streamReply, streamType
		}
		w.Header().Set("Content-Type", contentType)
		// Each call has its own usage, so that mixed-up calls are seen.
		var n int
		_, _ = fmt.Sscanf(req.Header.Get("X-Call"), "%d", &n)
		_, _ = io.WriteString(w, strings.Replace(reply, `"prompt_tokens":5`, fmt.Sprintf(`"prompt_tokens":%d`, n), 1))
	}))
	defer srv.Close()
	base := &http.Transport{MaxIdleConnsPerHost: workers}
	defer base.CloseIdleConnections()
	r := newRecorder()
	client := &http.Client{Transport: r.transport(base)}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for c := range calls {
				n := w*calls + c
				body := plainRequest
				if n%2 == 0 {
					body = streamRequest
				}
				body = strings.Replace(body, "Hi", fmt.Sprintf("call-%d.", n), 1)
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/v1/chat/completions", strings.NewReader(body))
				assert.NoError(t, err)
				req.Header.Set("X-Call", fmt.Sprint(n))
				resp, err := client.Do(req)
				if !assert.NoError(t, err) {
					return
				}
				_, err = io.Copy(io.Discard, resp.Body)
				assert.NoError(t, err)
				assert.NoError(t, resp.Body.Close())
			}
		})
	}
	wg.Wait()
	spans := r.exporter.GetSpans()
	require.Len(t, spans, workers*calls)
	seen := map[int64]bool{}
	for _, stub := range spans {
		s := span{stub}
		n := s.attr(semconv.GenAIUsageInputTokensKey).AsInt64()
		assert.False(t, seen[n], "call %d has two spans", n)
		seen[n] = true
		assert.Equal(t, semconv.OutcomeCompleted, s.outcome())
		assert.Contains(t, s.attr(semconv.GenAIInputMessagesKey).AsString(), fmt.Sprintf(`"call-%d."`, n))
	}
}

func TestRequestThatIsStillBeingSentWhenTheCallEndsConcurrentSafe(t *testing.T) {
	pr, pw := io.Pipe()
	sending := make(chan struct{})
	stopped := make(chan struct{})
	req := chatRequest(t, "")
	req.Body, req.ContentLength, req.GetBody = pr, -1, nil
	go func() {
		defer close(stopped)
		_, _ = io.WriteString(pw, `{"model":"mistral-small-latest","messages":[{"role":"user","content":"`)
		_, _ = io.WriteString(pw, "once ") // read only after the first piece was observed
		close(sending)
		for {
			if _, err := io.WriteString(pw, "and so on "); err != nil {
				return
			}
		}
	}()
	r := newRecorder()
	resp, err := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		go func() { _, _ = io.Copy(io.Discard, req.Body) }()
		<-sending
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: bodyOf(plainReply), ContentLength: -1}, nil
	})).RoundTrip(req)
	require.NoError(t, err)
	_, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	s := r.one(t)
	assert.Equal(t, "chat mistral-small-latest", s.Name)
	assert.Equal(t, semconv.OutcomeCompleted, s.outcome())
	require.NoError(t, pr.Close())
	<-stopped
}

// apart are calls of all kinds of bodies. Each has %s in all that it asks, and
// gets it in all that it is answered.
var apart = []struct{ url, requestType, request, replyType, reply string }{
	{
		chatURL, jsonType, `{"model":"m","messages":[{"role":"user","content":"%[1]s \u00e9"}],"stop":["%[1]s"],"metadata":{"a":"%[1]s"}}`,
		jsonType, `{"id":"%[1]s","choices":[{"finish_reason":"%[1]s","message":{"content":"%[1]s\n","tool_calls":[{"id":"%[1]s","function":{"name":"f","arguments":"{\"a\":\"%[1]s\"}"}}]}}]}`,
	},
	{
		chatURL, jsonType, `{"model":"m","stream":true,"messages":[{"role":"user","content":"%[1]s"}],"tools":[{"type":"function","function":{"name":"%[1]s"}}]}`,
		streamType, strings.Repeat(`data: {"id":"%[1]s","choices":[{"index":0,"delta":{"content":"%[1]s"}}],"p":"a"}`+"\n\n", 5) +
			`data: {"choices":[{"index":1,"delta":{"tool_calls":[{"id":"%[1]s","function":{"arguments":"%[1]s"}}]}}]}` + "\n\n" + doneEvent,
	},
	{
		conversationURL, jsonType, `{"model":"m","inputs":"%[1]s","instructions":"%[1]s"}`,
		streamType, "event: message.output.delta\ndata: {\"content\":\"%[1]s\"}\n\n" +
			"event: tool.execution.started\ndata: {\"output_index\":1,\"name\":\"%[1]s\",\"arguments\":\"%[1]s\"}\n\n" +
			"event: conversation.response.done\ndata: {\"usage\":{\"connectors\":{\"%[1]s\":1}}}\n\n",
	},
	{
		"https://api.mistral.ai/v1/audio/transcriptions", "multipart/form-data; boundary=b",
		"--b\r\nContent-Disposition: form-data; name=language\r\n\r\n%[1]s\r\n--b\r\nContent-Disposition: form-data; name=file_url\r\n\r\n%[1]s\r\n--b--\r\n",
		jsonType, `{"model":"%[1]s","text":"%[1]s","language":"%[1]s"}`,
	},
	{
		chatURL, jsonType, `{"model":"m","messages":[{"role":"user","content":"%[1]s"},{"role":"assistant","tool_calls":[` +
			`{"id":"%[1]s","function":{"name":"%[1]s","arguments":"{\"a\":\"%[1]s\"}"}},{"id":"2","function":{"name":"f","arguments":"{\"b\":\"%[1]s\"}"}}]},` +
			`{"role":"tool","tool_call_id":"%[1]s","content":[{"type":"text","text":"%[1]s"}]}],` +
			`"tools":[{"type":"function","function":{"name":"%[1]s","parameters":{"a":"%[1]s"}}},{"type":"function","function":{"name":"g","description":"%[1]s"}}]}`,
		jsonType, `{"id":"%[1]s","choices":[{"message":{"content":[{"type":"text","text":"%[1]s"}]}},{"index":1,"message":{"content":"%[1]s"}}]} and what is no JSON`,
	},
	{
		conversationURL, jsonType, `{"agent_id":"%[1]s","inputs":[{"type":"function.call","name":"f","arguments":"{\"a\":\"%[1]s\"}"},{"type":"function.result","result":"%[1]s"}]}`,
		jsonType, `{"conversation_id":"%[1]s","outputs":[{"type":"tool.execution","name":"%[1]s","arguments":"{\"a\":\"%[1]s\"}","info":{"b":"%[1]s"}},` +
			`{"type":"message.output","content":"%[1]s"},{"type":"function.call","name":"f","arguments":"{\"c\":\"%[1]s\"}"}]}`,
	},
	{
		"https://api.mistral.ai/v1/agents", jsonType, `{"model":"m","name":"%[1]s","instructions":"%[1]s","tools":[{"type":"connector","connector_id":"%[1]s"}]}`,
		jsonType, `{"id":"%[1]s","name":"%[1]s","description":"%[1]s"}`,
	},
	{
		"https://api.mistral.ai/v1/audio/transcriptions", jsonType, `{"model":"m","file_url":"%[1]s","stream":true}`,
		streamType, "data: {\"type\":\"transcription.text.delta\",\"text\":\"%[1]s\"}\n\n" +
			"data: {\"type\":\"transcription.done\",\"model\":\"%[1]s\",\"text\":\"%[1]s\"}\n\n",
	},
}

// Memory is used again for the next call: what one call said must never be on
// record for another, also if it is still being sent, or read, when the call ends.
func TestCallsOfEveryKindAreKeptApartConcurrentSafe(t *testing.T) {
	const workers, calls = 8, 40
	marks := regexp.MustCompile(`mark\d+x`)
	r, book := newRecorder(), &logbook{}
	base := roundTripFunc(func(req *http.Request) (*http.Response, error) {
		go func() {
			_, _ = io.Copy(io.Discard, req.Body)
			_ = req.Body.Close()
		}()
		header := http.Header{"Content-Type": req.Header["X-Reply-Type"], "Mistral-Correlation-Id": req.Header["X-Mark"]}
		reply := req.Header.Get("X-Reply")
		if req.Header.Get("X-Gzip") != "" {
			header.Set("Content-Encoding", "gzip")
			halves := gzipped(t, [2]string{reply})
			reply = halves[0] + halves[1]
		}
		body := io.NopCloser(iotest.HalfReader(strings.NewReader(reply)))
		return &http.Response{StatusCode: http.StatusOK, Header: header, ContentLength: -1, Body: body}, nil
	})
	var transports []*roundtripper.Transport
	for _, capture := range []roundtripper.ContentCapture{roundtripper.CaptureSpanAndEvent, roundtripper.CaptureEvent, roundtripper.CaptureNone} {
		transports = append(transports, r.transport(base, book.option(), roundtripper.WithContentCapture(capture),
			roundtripper.WithRedactor(func(_, text string) string {
				runtime.Gosched() // so that others begin while this call is being recorded
				return text
			})))
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range calls {
				mark := fmt.Sprintf("mark%dx", w*calls+i)
				kind := apart[(w+i)%len(apart)]
				ctx, cancel := context.WithCancel(t.Context())
				var body io.Reader = strings.NewReader(fmt.Sprintf(kind.request, mark))
				if i%3 == 0 {
					body = io.MultiReader(body) // is observed while it is sent
				}
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, kind.url, body)
				assert.NoError(t, err)
				req.Header = http.Header{
					"Content-Type": {kind.requestType}, "X-Mark": {mark},
					"X-Reply-Type": {kind.replyType}, "X-Reply": {strings.ReplaceAll(kind.reply, "%[1]s", mark)},
				}
				if i%7 == 0 {
					req.Header.Set("X-Gzip", "1")
				}
				resp, err := transports[i%len(transports)].RoundTrip(req)
				assert.NoError(t, err)
				if i%5 == 0 {
					go cancel()
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				cancel()
			}
		})
	}
	wg.Wait()
	said := map[trace.TraceID]map[string]bool{}
	record := func(id trace.TraceID, values ...attribute.Value) {
		if said[id] == nil {
			said[id] = map[string]bool{}
		}
		for _, v := range values {
			for _, mark := range marks.FindAllString(v.String(), -1) {
				said[id][mark] = true
			}
		}
	}
	for _, s := range r.exporter.GetSpans() {
		record(s.SpanContext.TraceID(), attribute.StringValue(s.Name), attribute.StringValue(s.Status.Description))
		for _, a := range s.Attributes {
			record(s.SpanContext.TraceID(), a.Value)
		}
	}
	for _, e := range book.events {
		record(e.TraceID(), slices.Collect(maps.Values(e.attributes))...)
	}
	assert.Len(t, said, workers*calls)
	for _, one := range said {
		assert.Len(t, one, 1)
	}
}
