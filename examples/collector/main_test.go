// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/internal/testserver"
)

// childVariable makes the test binary the collector, so that tests can kill it.
const childVariable = "OTELMISTRAL_TEST_COLLECTOR"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// collector is a collector in a process of its own. Its ports and folder are the
// same each time it starts.
type collector struct {
	t    testing.TB
	args []string
	env  []string
	dir  string
	port map[string]string

	cmd *exec.Cmd
	log lines
}

// newCollector takes configuration files, and for each port of theirs a name and
// what leads to it.
func newCollector(t testing.TB, files []string, ports map[string]string) *collector {
	t.Helper()
	c := &collector{t: t, dir: t.TempDir(), port: map[string]string{}}
	for _, f := range files {
		c.args = append(c.args, "--config", f)
	}
	for name, setting := range ports {
		c.port[name] = freeAddress(t)
		c.set(setting, c.port[name])
	}
	c.port["health"] = freeAddress(t)
	c.set("extensions::health_check::endpoint", c.port["health"])
	c.set("service::telemetry::metrics::level", "none") // one port less
	c.env = append(os.Environ(), childVariable+"=1", "QUEUE_DIR="+c.queue(), "TRACES_FILE="+c.file())
	t.Cleanup(c.kill)
	return c
}

// set changes one setting, as --set of a command line would.
func (c *collector) set(path, value string) {
	c.args = append(c.args, "--config", "yaml:"+path+": "+value)
}

func (c *collector) queue() string { return filepath.Join(c.dir, "queue") }
func (c *collector) file() string  { return filepath.Join(c.dir, "traces.jsonl") }

func (c *collector) url(port string) string { return "http://" + c.port[port] }

// start returns once the collector serves.
func (c *collector) start() {
	c.t.Helper()
	c.cmd = exec.CommandContext(context.WithoutCancel(c.t.Context()), os.Args[0], c.args...)
	c.cmd.Env = c.env
	c.cmd.Stdout, c.cmd.Stderr = &c.log, &c.log
	require.NoError(c.t, c.cmd.Start())
	if !assert.Eventually(c.t, func() bool {
		resp, err := http.Get(c.url("health"))
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, 30*time.Second, 20*time.Millisecond) {
		c.t.Fatalf("the collector does not start:\n%s", c.log.String())
	}
}

// kill is kill -9.
func (c *collector) kill() {
	if c.cmd == nil {
		return
	}
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait() // that it was killed is no news
	c.cmd = nil
}

// lines is what a collector logs.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// backend is a product at an address that stays while the product goes and comes.
type backend struct {
	*testserver.Receiver
	t       testing.TB
	address string
	server  *http.Server
}

func newBackend(t testing.TB, receiver *testserver.Receiver) *backend {
	b := &backend{Receiver: receiver, t: t, address: freeAddress(t)}
	t.Cleanup(receiver.Close)
	t.Cleanup(b.stop)
	return b
}

func (b *backend) url() string { return "http://" + b.address }

func (b *backend) start() {
	b.t.Helper()
	b.serve(b.Receiver)
}

func (b *backend) serve(handler http.Handler) {
	b.t.Helper()
	listener, err := net.Listen("tcp", b.address)
	require.NoError(b.t, err)
	b.server = &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = b.server.Serve(listener) }()
}

func (b *backend) stop() {
	if b.server != nil {
		_ = b.server.Close()
		b.server = nil
	}
}

// freeAddress is free now, and taken again later: nothing else here opens ports
// without asking for a free one.
func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

// fanOut is config.yaml between an application and its products.
type fanOut struct {
	*collector
	langfuse, respan *backend
}

var fanOutPorts = map[string]string{
	"plain":      "receivers::otlp::protocols::http::endpoint",
	"langfuse":   "receivers::otlp/langfuse::protocols::http::endpoint",
	"respan":     "receivers::otlp/respan::protocols::http::endpoint",
	"prometheus": "exporters::prometheus::endpoint",
}

func newFanOut(t testing.TB) fanOut {
	t.Helper()
	f := fanOut{
		collector: newCollector(t, []string{"config.yaml"}, fanOutPorts),
		langfuse:  newBackend(t, testserver.NewLangfuse()),
		respan:    newBackend(t, testserver.NewRespan()),
	}
	for _, exporter := range []string{"otlp_http/langfuse", "otlp_http/respan"} {
		f.hurry(exporter)
	}
	f.env = append(f.env,
		"LANGFUSE_PUBLIC_KEY="+testserver.LangfusePublicKey, "LANGFUSE_SECRET_KEY="+testserver.LangfuseSecretKey,
		"LANGFUSE_BASE_URL="+f.langfuse.url(),
		"RESPAN_API_KEY="+testserver.RespanAPIKey, "RESPAN_TRACES_ENDPOINT="+f.respan.url()+testserver.RespanTracesPath)
	return f
}

// hurry shortens waits of an exporter that a test would only sit through.
func (c *collector) hurry(exporter string) {
	c.set("exporters::"+exporter+"::retry_on_failure::initial_interval", "100ms")
	c.set("exporters::"+exporter+"::retry_on_failure::max_interval", "200ms")
	c.set("exporters::"+exporter+"::sending_queue::batch::flush_timeout", "50ms")
}

// ids of spans, each once: a queue on disk delivers at least once.
func ids(spans []testserver.WireSpan) map[string]bool {
	all := map[string]bool{}
	for _, s := range spans {
		all[fmt.Sprintf("%x", s.GetSpanId())] = true
	}
	return all
}
