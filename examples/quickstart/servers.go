// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/otelmistral/otelmistral/internal/testserver"
)

// servers are the two ends that this program brings along.
type servers struct {
	calls    string // what the reader is told
	baseURL  string
	key      string
	endpoint string // of the OTLP receiver
	spans    func() []sdktrace.ReadOnlySpan
	close    func()
}

// startServers starts the OTLP receiver and, without a key, a small Mistral that
// takes about as long to answer as the real one.
func startServers(key string) servers {
	receiver := testserver.NewReceiver()
	s := servers{
		calls:    "https://api.mistral.ai",
		baseURL:  "https://api.mistral.ai",
		key:      key,
		endpoint: receiver.URL + "/v1/traces",
		spans:    func() []sdktrace.ReadOnlySpan { return receiver.Spans().Snapshots() },
		close:    receiver.Close,
	}
	if key != "" {
		return s
	}
	mistral := testserver.NewMistral(testserver.WithPace(120*time.Millisecond, 15*time.Millisecond))
	s.calls = "a Mistral server inside this program (no MISTRAL_API_KEY is set)"
	s.baseURL = mistral.URL
	s.key = "no-key-needed"
	s.close = func() {
		mistral.Close()
		receiver.Close()
	}
	return s
}
