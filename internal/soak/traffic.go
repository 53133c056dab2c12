// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelmistral/otelmistral/instrumentation"
)

// traffic makes calls and counts them.
type traffic struct {
	client *http.Client
	url    string
	calls  atomic.Int64
}

// asked are requests of several endpoints; some are refused.
var asked = []struct{ path, body string }{
	{"/v1/chat/completions", `{"model":"mistral-small-latest","messages":[{"role":"user","content":"Who is the best painter?"}]}`},
	{"/v1/chat/completions", `{"model":"mistral-small-latest","stream":true,"messages":[{"role":"user","content":"Who is the best painter?"}]}`},
	{"/v1/chat/completions", `{"model":"mistral-small-latest","stream":true,"messages":[{"role":"user","content":"` + strings.Repeat("long ", 10_000) + `"}]}`},
	{"/v1/chat/completions", `{"model":"nobody-knows-it","messages":[{"role":"user","content":"Hi"}]}`},
	{"/v1/chat/completions", `{"model":`},
	{"/v1/embeddings", `{"model":"mistral-embed","input":["a","b","c"]}`},
	{"/v1/conversations", `{"model":"mistral-small-latest","stream":true,"inputs":"Who is the best painter?"}`},
}

// habits are what callers do with a response.
var habits = []func(body io.ReadCloser, cancel func()){
	func(body io.ReadCloser, _ func()) { _, _ = io.Copy(io.Discard, body); _ = body.Close() },
	func(body io.ReadCloser, _ func()) { _, _ = io.CopyN(io.Discard, body, 50); _ = body.Close() },
	func(body io.ReadCloser, _ func()) { _ = body.Close() },
	func(body io.ReadCloser, cancel func()) { _, _ = io.CopyN(io.Discard, body, 50); cancel() },
	func(body io.ReadCloser, cancel func()) { go cancel(); _, _ = io.Copy(io.Discard, body) },
	func(io.ReadCloser, func()) {}, // forgotten, until the context ends
}

// run makes calls until ctx ends, by so many workers.
func (t *traffic) run(ctx context.Context, workers int) {
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				_, _ = instrumentation.Observe(ctx, "worker", "", func(ctx context.Context, _ string) (string, error) {
					return "", t.call(ctx)
				})
				select { // a pace that a machine of two cores keeps
				case <-time.After(rand.N(60 * time.Millisecond)): //nolint:gosec // no secret
				case <-ctx.Done():
				}
			}
		})
	}
	wg.Wait()
}

func (t *traffic) call(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	ask := asked[rand.N(len(asked))] //nolint:gosec // no secret
	var body io.Reader = strings.NewReader(ask.body)
	if rand.N(3) == 0 { //nolint:gosec // no secret
		body = io.MultiReader(body) // of unknown length
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url+ask.path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer soak")
	t.calls.Add(1)
	resp, err := t.client.Do(req) //nolint:bodyclose // to leave it open is the habit of some callers
	if err != nil {
		return err
	}
	habits[rand.N(len(habits))](resp.Body, cancel) //nolint:gosec // no secret
	return nil
}
