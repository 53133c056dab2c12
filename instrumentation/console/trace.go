// SPDX-License-Identifier: Apache-2.0

package console

import (
	"cmp"
	"slices"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	maxDepth = 8   // deeper spans are shown at this depth
	maxRows  = 300 // spans of one trace that are shown
)

// view is one trace as it is shown, in the terminal and on a page.
type view struct {
	ID      string
	Name    string // that the application gave it, if any
	Service string // service.name of its first span
	Start   time.Time
	Took    time.Duration
	Spans   int
	Failed  int
	Tokens  usage // of all model calls
	Rows    []row // depth first, children in the order in which they started
	// Left and LeftFailed count what is beyond maxRows.
	Left, LeftFailed int
}

// row is one span of a trace.
type row struct {
	facts
	Name  string // as it was given
	Depth int
	Took  time.Duration
	// From and To are where the span lies in its trace, between 0 and 1.
	From, To float64

	span sdktrace.ReadOnlySpan
	// branch is drawn before the name, stem before every further line.
	branch, stem string
}

// tree is the spans of one trace while they are put in order.
type tree struct {
	spans    []sdktrace.ReadOnlySpan // by start
	children map[trace.SpanID][]sdktrace.ReadOnlySpan
	seen     map[trace.SpanID]bool // a hostile trace may have loops
	view     *view
}

// viewsOf puts spans in order: one view per trace, children below their parents,
// a span whose parent is missing at the top.
func viewsOf(spans []sdktrace.ReadOnlySpan) []*view {
	spans = slices.Clone(spans)
	slices.SortStableFunc(spans, func(a, b sdktrace.ReadOnlySpan) int { return a.StartTime().Compare(b.StartTime()) })
	var views []*view
	trees := make(map[trace.TraceID]*tree)
	for _, s := range spans {
		id := s.SpanContext().TraceID()
		t := trees[id]
		if t == nil {
			t = &tree{
				children: make(map[trace.SpanID][]sdktrace.ReadOnlySpan),
				seen:     make(map[trace.SpanID]bool),
				view:     &view{ID: id.String(), Service: serviceOf(s), Start: s.StartTime()},
			}
			trees[id] = t
			views = append(views, t.view)
		}
		t.spans = append(t.spans, s)
		t.children[s.Parent().SpanID()] = append(t.children[s.Parent().SpanID()], s)
	}
	for _, t := range trees {
		t.fill()
	}
	return views
}

func (t *tree) fill() {
	v := t.view
	v.Spans = len(t.spans)
	for _, s := range t.spans {
		v.Took = max(v.Took, s.EndTime().Sub(v.Start), s.StartTime().Sub(v.Start))
	}
	present := make(map[trace.SpanID]bool)
	for _, s := range t.spans {
		present[s.SpanContext().SpanID()] = true
	}
	for _, s := range t.spans {
		if !present[s.Parent().SpanID()] {
			t.walk(s, "", "", 0, false)
		}
	}
	for _, s := range t.spans { // only the members of a loop are left
		t.walk(s, "", "", 0, false)
	}
}

// walk adds s and what is below it. counted says that the tokens of a span above
// have been counted, which include those of s.
func (t *tree) walk(s sdktrace.ReadOnlySpan, branch, stem string, depth int, counted bool) {
	id := s.SpanContext().SpanID()
	if t.seen[id] {
		return
	}
	t.seen[id] = true
	below := slices.DeleteFunc(slices.Clone(t.children[id]), func(c sdktrace.ReadOnlySpan) bool {
		return t.seen[c.SpanContext().SpanID()]
	})

	r := row{facts: factsOf(s), Name: s.Name(), Depth: depth, span: s, branch: branch, stem: stem + "   "}
	if len(below) > 0 {
		r.stem = stem + "│  "
	}
	r.Took = s.EndTime().Sub(s.StartTime())
	r.From = t.view.share(s.StartTime())
	r.To = max(r.From, t.view.share(s.EndTime()))
	if !counted {
		t.view.Tokens = t.view.Tokens.plus(r.Tokens)
		counted = r.Tokens.known()
	}
	t.view.Name = cmp.Or(t.view.Name, r.traceName)
	t.view.add(r)

	for i, c := range below {
		nextBranch, nextStem := stem+"├─ ", stem+"│  "
		if i == len(below)-1 {
			nextBranch, nextStem = stem+"└─ ", stem+"   "
		}
		next := depth + 1
		if depth >= maxDepth {
			nextBranch, nextStem, next = branch, stem, depth
		}
		t.walk(c, nextBranch, nextStem, next, counted)
	}
}

func (v *view) add(r row) {
	if r.Bad {
		v.Failed++
	}
	if len(v.Rows) < maxRows {
		v.Rows = append(v.Rows, r)
		return
	}
	v.Left++
	if r.Bad {
		v.LeftFailed++
	}
}

// share is how much of the trace has passed at that time.
func (v *view) share(at time.Time) float64 {
	if v.Took <= 0 {
		return 0
	}
	return min(1, max(0, float64(at.Sub(v.Start))/float64(v.Took)))
}

func serviceOf(s sdktrace.ReadOnlySpan) string {
	if r := s.Resource(); r != nil {
		name, _ := r.Set().Value("service.name")
		return name.AsString()
	}
	return ""
}
