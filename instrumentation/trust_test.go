// SPDX-License-Identifier: Apache-2.0

package instrumentation

import (
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/otelmistral/otelmistral/instrumentation/destination"
	"github.com/otelmistral/otelmistral/instrumentation/otlp"
)

// visitors notes the paths that were asked for, and then does what next does.
type visitors struct {
	mu    sync.Mutex
	paths []string
	next  http.HandlerFunc
}

func (v *visitors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	v.mu.Lock()
	v.paths = append(v.paths, r.URL.Path)
	v.mu.Unlock()
	if v.next != nil {
		v.next(w, r)
	}
}

func (v *visitors) seen() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.paths
}

// reached sends one call to d, with every signal that it takes, and returns
// what Check and Shutdown say.
func reached(t *testing.T, d destination.Destination) (check, shutdown error) {
	t.Helper()
	cleanEnv(t, nil)
	i := startLocal(t, WithDestination(d))
	chat(t, i.Client(), mistral(t).URL, "mistral-small-latest")
	return i.Check(t.Context()), i.Shutdown(t.Context())
}

func TestCertificateThatNobodyTrustsIsRefusedByEachDestination(t *testing.T) {
	for name, tt := range overHTTP {
		t.Run(name, func(t *testing.T) {
			v := new(visitors)
			server := httptest.NewUnstartedServer(v)
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			defer server.Close()
			d, err := tt.to(server.URL, nil)
			require.NoError(t, err)
			check, shutdown := reached(t, d)
			for _, err := range []error{check, shutdown} {
				require.ErrorContains(t, err, "certificate signed by unknown authority")
				for _, path := range signalPaths[name] {
					require.ErrorContains(t, err, server.URL+path+" cannot be reached")
				}
			}
			assert.Empty(t, v.seen())
		})
	}
}

// signalPaths are those of the destinations that take more than spans.
var signalPaths = map[string][]string{"otlp": {"/v1/traces", "/v1/metrics", "/v1/logs"}}

// Whoever wants to trust a server of his own says so with a tls.Config of his own.
func TestNothingTurnsTheVerificationOfCertificatesOff(t *testing.T) {
	files := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		files++
		assert.NotContains(t, string(source), "InsecureSkipVerify", path)
		return err
	})
	require.NoError(t, err)
	assert.Greater(t, files, 100)
}

func TestNoDestinationFollowsARedirect(t *testing.T) {
	for name, tt := range overHTTP {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				elsewhere := new(visitors)
				other := httptest.NewServer(elsewhere)
				defer other.Close()
				asked := &visitors{next: func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, other.URL+r.URL.Path, status)
				}}
				server := httptest.NewServer(asked)
				defer server.Close()
				d, err := tt.to(server.URL, nil)
				require.NoError(t, err)
				check, shutdown := reached(t, d)
				require.ErrorContains(t, check, "redirects are not followed")
				require.ErrorContains(t, shutdown, "redirects are not followed")
				assert.Empty(t, elsewhere.seen())
				assert.Subset(t, asked.seen(), signalPaths[name])
			})
		}
	}
}

// The endpoints look like those of models, and the application has wrapped what
// everything goes through that does not know better.
func TestExportIsNeverTraced(t *testing.T) {
	v := new(visitors)
	server := httptest.NewServer(v)
	defer server.Close()
	d, err := otlp.New(otlp.Config{
		Endpoint:        server.URL + "/v1/chat/completions",
		MetricsEndpoint: server.URL + "/v1/embeddings",
		LogsEndpoint:    server.URL + "/v1/fim/completions",
	})
	require.NoError(t, err)
	before := http.DefaultTransport
	defer func() { http.DefaultTransport = before }()
	earlier, ofEarlier := started(t)
	http.DefaultTransport = earlier.Transport(nil)
	recorder := tracetest.NewSpanRecorder()
	i := startLocal(t, WithDestination(d), WithSpanProcessor(recorder))
	http.DefaultTransport = i.Transport(nil)
	chat(t, http.DefaultClient, mistral(t).URL, "mistral-small-latest")
	require.NoError(t, i.Check(t.Context()))
	require.NoError(t, i.Flush(t.Context()))
	require.NoError(t, i.Shutdown(t.Context()))
	assert.Len(t, recorder.Ended(), 1, "the call")
	assert.Empty(t, ofEarlier.Ended())
	for _, path := range []string{"/v1/chat/completions", "/v1/embeddings", "/v1/fim/completions"} {
		assert.Contains(t, v.seen(), path)
	}
}
