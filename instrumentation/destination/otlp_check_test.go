// SPDX-License-Identifier: Apache-2.0

package destination

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/testserver"
)

func TestCheckSendsWhatAnExportSendsButNoSpan(t *testing.T) {
	for _, o := range []OTLP{{}, {Gzip: true}, {JSON: true}, {JSON: true, Gzip: true}} {
		r := receiver(t, testserver.WithTracesPath("/in/here"), testserver.WithRequiredHeader("Authorization", "Bearer secret-token"))
		o.URL, o.Headers = r.URL+"/in/here", map[string]string{"authorization": "Bearer secret-token"}
		require.NoError(t, o.Check(t.Context()))
		require.Len(t, r.Requests(), 1)
		got := r.Requests()[0]
		assert.Equal(t, http.MethodPost, got.Method)
		assert.Empty(t, got.Problem)
		assert.Empty(t, got.Spans)
		assert.Equal(t, o.JSON, got.Header.Get("Content-Type") == "application/json")
		assert.Equal(t, o.Gzip, got.Header.Get("Content-Encoding") == "gzip")
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("pk-public-1:sk-secret-2"))
	text := http.Header{"Content-Type": {"text/plain"}}
	tests := []struct {
		name     string
		response testserver.Response
		want     string // after the URL
	}{
		{"401", testserver.Response{Status: 401}, "answered 401 Unauthorized (Unauthorized): check the credentials and that they belong to this host"},
		{"403", testserver.Response{Status: 403, Header: text, Body: []byte("no access\nfor this key")}, "answered 403 Forbidden (no access for this key): check the credentials and that they belong to this host"},
		{"401 that repeats the secrets", testserver.Response{Status: 401, Header: text, Body: []byte("bad " + basic + ", that is sk-secret-2 of pk-public-1")},
			"answered 401 Unauthorized (bad ***, that is *** of ***): check the credentials and that they belong to this host"},
		{"404", testserver.Response{Status: 404, Header: http.Header{"Content-Type": {"text/html"}}, Body: []byte("<html>")}, "answered 404 Not Found: check the path of the URL"},
		{"307", testserver.Response{Status: 307, Header: http.Header{"Location": {"http://elsewhere/"}, "Content-Type": {"text/html"}}},
			"answered 307 Temporary Redirect: redirects are not followed: check the URL"},
		{"400", testserver.Response{Status: 400, Message: "bad version"}, "answered 400 Bad Request: check the URL and the headers"},
		{"429 is told at once", testserver.Response{Status: 429, Message: "slow down"}, "answered 429 Too Many Requests (slow down)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := receiver(t)
			r.Enqueue(tt.response)
			o := OTLP{URL: r.URL + "/v1/traces", Headers: map[string]string{"Authorization": basic, "x-version": "4"}}
			require.EqualError(t, o.Check(t.Context()), o.URL+" "+tt.want)
			assert.Len(t, r.Requests(), 1)
		})
	}
}

func TestCheckOfAHostThatCannotBeReached(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	hanging := receiver(t)
	hanging.Enqueue(testserver.Response{Delay: time.Hour})
	tests := []struct {
		name string
		o    OTLP
		want []string
	}{
		{"refused", OTLP{URL: down.URL}, []string{down.URL + " cannot be reached: ", "connection refused", "check the host, the port, the network and the proxy"}},
		{"unknown authority", OTLP{URL: secure.URL}, []string{"certificate", "check the scheme of the URL and the certificates"}},
		{"plain HTTP", OTLP{URL: "https" + plain.URL[len("http"):]}, []string{"check the scheme of the URL and the certificates"}},
		{"no answer in time", OTLP{URL: hanging.URL + "/v1/traces", Timeout: 20 * time.Millisecond}, []string{"deadline exceeded", "the time limit"}},
		{"malformed URL", OTLP{URL: "localhost:4318"}, []string{"the URL must begin with http:// or https://"}},
		{"line break in a key", OTLP{URL: plain.URL, Headers: map[string]string{"authorization": "Bearer secret-token\n"}},
			[]string{`the header "authorization" holds a control character`}},
		{"malformed proxy", OTLP{URL: plain.URL, Proxy: func(*http.Request) (*url.URL, error) {
			return nil, errors.New(`invalid proxy address "http://user:secret-token@ho st"`)
		}}, []string{"the address of the proxy is not a URL"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.o.Check(t.Context())
			require.Error(t, err)
			for _, want := range tt.want {
				assert.ErrorContains(t, err, want)
			}
			assert.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestCheckIsBoundedByItsContext(t *testing.T) {
	r := receiver(t)
	r.Enqueue(testserver.Response{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, OTLP{URL: r.URL + "/v1/traces", Timeout: time.Hour}.Check(ctx), context.DeadlineExceeded)
}
