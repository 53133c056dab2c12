// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What an exporter of metrics or logs sees decides whether it tries again.
func TestOutageIsShownToTheStockExportersAsABusyBackend(t *testing.T) {
	distrusted := &tls.CertificateVerificationError{Err: errors.New("unknown authority")}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name   string
		ctx    context.Context
		reply  reply
		status int
		err    error
		noted  string
	}{
		{"refused", t.Context(), reply{err: errRefused}, 503, nil, "cannot be reached: dial tcp: connection refused"},
		{"busy", t.Context(), reply{status: 429}, 429, nil, "answered 429"},
		{"certificate", t.Context(), reply{err: distrusted}, 0, distrusted, ""},
		{"wrong key", t.Context(), reply{status: 401}, 401, nil, ""},
		{"taken", t.Context(), reply{status: 200}, 200, nil, ""},
		{"given up", cancelled, reply{err: errRefused}, 0, errRefused, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var a answer
			var waiting trouble
			ctx := waiting.in(context.WithValue(tt.ctx, answerKey{}, &a))
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://backend/v1/logs", nil)
			require.NoError(t, err)
			way := again{listener{&network{replies: []reply{tt.reply}}}, line{url: "http://backend/v1/logs", mask: masker(nil)}}
			resp, err := way.RoundTrip(req)
			require.Equal(t, tt.err, err)
			if err == nil {
				assert.Equal(t, tt.status, resp.StatusCode)
				require.NoError(t, resp.Body.Close())
			}
			assert.Equal(t, tt.reply.err, a.err, "what happened is known")
			assert.ErrorContains(t, waiting.explain(errors.New("given up")), "given up"+map[bool]string{true: "; so far: http://backend/v1/logs " + tt.noted}[tt.noted != ""])
			assert.Equal(t, tt.noted == "", waiting.why.Load() == nil)
		})
	}
}

// A flush that gives up says why, and loses nothing by it.
func TestFlushOfLogsThatRunsOutOfTimeLosesNothing(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	s := &logSink{export: func(ctx context.Context) error {
		troubleOf(ctx).note(errors.New("nobody listens"))
		close(begun)
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	p, provider := newLogs(t, s, Destination{})
	emitTo(provider, "e")
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	go func() { <-begun; cancel() }()
	err := p.ForceFlush(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "so far: nobody listens")
	close(release)
	require.NoError(t, p.Shutdown(t.Context()))
	assert.Empty(t, p.Counts().DroppedLogs)
}
