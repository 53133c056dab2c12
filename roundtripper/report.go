// SPDX-License-Identifier: Apache-2.0

package roundtripper

import (
	"fmt"
	"sync"

	"go.opentelemetry.io/otel"

	"github.com/otelmistral/otelmistral/internal/genai"
)

// reports tells otel.Handle of each kind of problem once. How often it happens
// is on the spans and in the metrics.
type reports struct {
	seen     sync.Map // kind -> struct{}
	panicked func()   // counts a panic that was contained
}

// once reports a problem. It calls the application's error handler, so no lock
// may be held. Neither kind nor text may contain anything of a call.
func (r *reports) once(kind, text string) {
	if _, seen := r.seen.LoadOrStore(kind, struct{}{}); seen {
		return
	}
	defer func() { _ = recover() }() // the handler is the application's
	otel.Handle(fmt.Errorf("otelmistral: %s (reported once)", text))
}

// contain, deferred, stops a panic of ours or of a callback: telemetry is lost,
// the call is not. The value of the panic is not reported, it may hold content.
func (r *reports) contain(where string) {
	if p := recover(); p != nil {
		r.panicked()
		r.once("panic: "+where, fmt.Sprintf("%s panicked with a %T; telemetry of the call is missing", where, p))
	}
}

func (r *reports) redactor() {
	r.panicked()
	r.once("redactor", "the redactor panicked; the content it was shown is recorded as "+genai.Withheld)
}
