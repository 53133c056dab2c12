// SPDX-License-Identifier: Apache-2.0

package roundtripper_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelmistral/otelmistral/semconv"
)

// crowded is a call of one of the crowd: what it is answered and how that is
// read. Usage is in the reply, and is read, only where counts says so.
type crowded struct {
	name        string
	counts      bool
	status      int
	contentType string
	reply       string
	fails       error // the body's error at its end, else EOF
	read        func(body io.ReadCloser, cancel func())
}

// unpriced is a stream that never tells its usage, so that nobody need know how
// far a reader came who is stopped by others.
var unpriced = firstChunk + strings.Repeat(textChunk, 10)

var crowdOfCalls = []crowded{
	{"JSON", true, 200, jsonType, plainReply, io.EOF, readAndClose},
	{"stream", true, 200, streamType, streamReply, io.EOF, readAndClose},
	{"stream, closed after its usage", true, 200, streamType, streamReply, io.EOF, func(body io.ReadCloser, _ func()) {
		// The call's number is longer than the one that it replaces.
		_, _ = io.CopyN(io.Discard, body, int64(len(firstChunk+textChunk+lastChunk+doneEvent)-len(doneEvent)/2))
		_ = body.Close()
	}},
	{"stream, never closed", true, 200, streamType, streamReply, io.EOF, func(body io.ReadCloser, _ func()) {
		_, _ = io.Copy(io.Discard, body)
	}},
	{"stream that fails after its usage", true, 200, streamType, firstChunk + lastChunk, errDisk, readAndClose},
	{"stream that fails", false, 200, streamType, firstChunk + textChunk, errDisk, readAndClose},
	{"JSON that is cut", false, 200, jsonType, plainReply[:50], io.EOF, readAndClose},
	{"JSON, closed at once", false, 200, jsonType, plainReply, io.EOF, func(body io.ReadCloser, _ func()) { _ = body.Close() }},
	{"refused", false, 429, jsonType, `{"message":"slow down","code":"1300"}`, io.EOF, readAndClose},
	{"cancelled while it is read", false, 200, streamType, unpriced, io.EOF, func(body io.ReadCloser, cancel func()) {
		go cancel()
		readAndClose(body, cancel)
	}},
	{"closed while it is read", false, 200, streamType, unpriced, io.EOF, func(body io.ReadCloser, cancel func()) {
		var wg sync.WaitGroup
		wg.Go(func() { _ = body.Close() })
		wg.Go(func() { _ = body.Close() })
		readAndClose(body, cancel)
		wg.Wait()
	}},
	{"forgotten, then cancelled", false, 200, streamType, unpriced, io.EOF, func(_ io.ReadCloser, cancel func()) { cancel() }},
	{"transport that fails", false, 0, "error", "", nil, nil},
	{"transport that panics", false, 0, "panic", "", nil, nil},
}

func readAndClose(body io.ReadCloser, _ func()) {
	_, _ = io.Copy(io.Discard, body)
	_ = body.Close()
}

// yielding lets others run at each Read.
type yielding struct{ io.Reader }

func (y yielding) Read(p []byte) (int, error) {
	runtime.Gosched()
	return y.Reader.Read(p)
}

func TestEveryCallOfACrowdWithFaultsIsRecordedOnceConcurrentSafe(t *testing.T) {
	const workers = 200
	calls := 10_000
	if testing.Short() { // for those who run it a hundred times
		calls = 600
	}
	seed := rand.Uint64()
	t.Log("seed", seed)
	var m metrics
	r := newRecorder()
	rt := r.transport(roundTripFunc(func(req *http.Request) (*http.Response, error) {
		call := req.Context().Value(contextKey{}).(crowded)
		go func() { // a transport may send the body as long as it likes
			_, _ = io.Copy(io.Discard, req.Body)
			_ = req.Body.Close()
		}()
		switch call.contentType {
		case "error":
			return nil, errDisk
		case "panic":
			panic(errDisk)
		}
		n, err := strconv.Atoi(req.Header.Get("X-Call"))
		assert.NoError(t, err)
		data := []byte(strings.Replace(call.reply, `"prompt_tokens":5`, fmt.Sprintf(`"prompt_tokens":%d`, n), 1))
		resp := &http.Response{StatusCode: call.status, Header: http.Header{"Content-Type": {call.contentType}}, ContentLength: -1}
		resp.Body = &trackedBody{Reader: yielding{&scripted{data: data, step: 20 + n*31%200, end: call.fails, together: n%5 == 0}}}
		if call.status >= 400 {
			resp.ContentLength = int64(len(data))
		}
		return resp, nil
	}), m.option())

	one := func(n int, call crowded) {
		defer func() {
			if p := recover(); p != nil {
				assert.Equal(t, errDisk, p)
			}
		}()
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), contextKey{}, call))
		defer cancel()
		var body io.Reader = strings.NewReader(strings.Replace(streamRequest, "small", []string{"small", "large"}[n%2], 1))
		if n%3 == 0 {
			body = io.MultiReader(body)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, chatURL, body)
		assert.NoError(t, err)
		req.Header.Set("X-Call", fmt.Sprint(n))
		if resp, err := rt.RoundTrip(req); err == nil {
			call.read(resp.Body, cancel)
		}
	}
	want := map[int64]bool{} // the calls whose usage counts: each has its own
	var sum int64
	var wg sync.WaitGroup
	random := rand.New(rand.NewPCG(seed, 0))
	for w := range workers {
		mine := make([]crowded, 0, calls/workers)
		for n := w; n < calls; n += workers {
			call := crowdOfCalls[random.IntN(len(crowdOfCalls))]
			if mine = append(mine, call); call.counts {
				want[int64(n)], sum = true, sum+int64(n)
			}
		}
		wg.Go(func() {
			for i, call := range mine {
				one(w+i*workers, call)
			}
		})
	}
	wg.Wait()

	// The goroutine of a context may still be ending its call.
	require.Eventually(t, func() bool { return m.count(t, "otelmistral.calls") >= int64(calls) }, 10*time.Second, time.Millisecond)
	require.Eventually(t, func() bool { return len(r.exporter.GetSpans()) >= calls }, 10*time.Second, time.Millisecond)
	got := map[int64]bool{}
	for _, s := range r.exporter.GetSpans() {
		if tokens := (span{s}).attr(semconv.GenAIUsageInputTokensKey); tokens.Type() != attribute.EMPTY {
			assert.False(t, got[tokens.AsInt64()], "call %d has two spans", tokens.AsInt64())
			got[tokens.AsInt64()] = true
		}
	}
	assert.Len(t, r.exporter.GetSpans(), calls)
	assert.True(t, maps.Equal(want, got), "usage of %d calls, want %d", len(got), len(want))

	measured := m.collect(t)
	assert.Equal(t, int64(calls), m.count(t, "otelmistral.calls"))
	durations := uint64(0)
	for _, p := range measured["gen_ai.client.operation.duration"].(metricdata.Histogram[float64]).DataPoints {
		durations += p.Count
	}
	assert.Equal(t, uint64(calls), durations)
	tokens := map[string]int64{}
	for _, p := range measured["gen_ai.client.token.usage"].(metricdata.Histogram[int64]).DataPoints {
		kind, _ := p.Attributes.Value(semconv.GenAITokenTypeKey)
		tokens[kind.AsString()] += p.Sum
	}
	assert.Equal(t, map[string]int64{"input": sum, "output": 2 * int64(len(want))}, tokens)
}
