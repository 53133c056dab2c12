// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"hash/maphash"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelmistral/otelmistral/internal/genai"
	"github.com/otelmistral/otelmistral/internal/mistral"
)

// target is what a call begins with: an operation of a model on a server. It is
// never changed, but for the labels.
type target struct {
	route    *mistral.Route
	host     string
	port     int
	model    string
	provider string

	spanName string
	// options are the kind and the attributes that samplers see. There is no
	// room behind them: whoever appends gets a copy.
	options []trace.SpanStartOption

	// ended and running are the labels of the last call, when it had ended and
	// while it ran: most calls are like it.
	ended, running atomic.Pointer[genai.Labels]
}

// targets keeps some of the targets that were called. An application has few;
// naming them anew was a third of what a call cost that is not sampled.
type targets struct {
	kept [16]atomic.Pointer[target]
}

var targetSeed = maphash.MakeSeed()

// get returns the target of a call. configured is the user's name of the
// provider, the same in every call.
func (t *targets) get(route *mistral.Route, host string, port int, model []byte, configured string) *target {
	place := &t.kept[maphash.Bytes(targetSeed, model)%uint64(len(t.kept))]
	if k := place.Load(); k != nil && k.model == string(model) && k.host == host && k.port == port && k.route == route {
		return k
	}
	k := newTarget(route, host, port, string(model), configured)
	place.Store(k)
	return k
}

func newTarget(route *mistral.Route, host string, port int, model, configured string) *target {
	t := &target{route: route, host: host, port: port, model: model}
	t.provider = mistral.Provider(host, model, configured)
	var r genai.Call
	t.describe(&r)
	t.spanName = r.SpanName()
	t.options = []trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(r.AppendStart(make([]attribute.KeyValue, 0, 5))...),
	}
	return t
}

// describe records the target.
func (t *target) describe(r *genai.Call) {
	r.Operation, r.Route = t.route.Operation, t.route.Name
	r.Provider = t.provider
	r.ServerAddress, r.ServerPort = t.host, t.port
	r.Request.Model = t.model
}

// describes tells whether a call is still what its span began with.
func (t *target) describes(r *genai.Call) bool {
	return t.route.Operation == r.Operation && t.provider == r.Provider && t.model == r.Request.Model &&
		r.IsNamed(t.spanName)
}
