// SPDX-License-Identifier: Apache-2.0

package console

import (
	"io"
	"slices"
	"strconv"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	maxDepth   = 12 // deeper spans are shown at this depth
	labelWidth = 5  // "in   " and "out  "
)

// Render prints spans as one tree per trace, children below their parents in the
// order in which they started. A span whose parent is missing stands at the top
// of its trace. All text goes to w in one Write, whose error is returned.
func Render(w io.Writer, spans []sdktrace.ReadOnlySpan, opts ...Option) error {
	if len(spans) == 0 {
		return nil
	}
	r := &renderer{style: newStyle(w, opts)}
	for i, t := range group(spans) {
		if i > 0 {
			r.out.WriteByte('\n')
		}
		r.trace(t)
	}
	_, err := io.WriteString(w, r.out.String())
	return err
}

// tree is the spans of one trace.
type tree struct {
	id       trace.TraceID
	spans    []sdktrace.ReadOnlySpan // by start
	children map[trace.SpanID][]sdktrace.ReadOnlySpan
	shown    map[trace.SpanID]bool // a hostile trace may have loops
}

func group(spans []sdktrace.ReadOnlySpan) []*tree {
	spans = slices.Clone(spans)
	slices.SortStableFunc(spans, func(a, b sdktrace.ReadOnlySpan) int { return a.StartTime().Compare(b.StartTime()) })
	var trees []*tree
	byID := make(map[trace.TraceID]*tree)
	for _, s := range spans {
		id := s.SpanContext().TraceID()
		t := byID[id]
		if t == nil {
			t = &tree{
				id:       id,
				children: make(map[trace.SpanID][]sdktrace.ReadOnlySpan),
				shown:    make(map[trace.SpanID]bool),
			}
			byID[id] = t
			trees = append(trees, t)
		}
		t.spans = append(t.spans, s)
		t.children[s.Parent().SpanID()] = append(t.children[s.Parent().SpanID()], s)
	}
	return trees
}

// roots returns the spans whose parent is not here.
func (t *tree) roots() []sdktrace.ReadOnlySpan {
	present := make(map[trace.SpanID]bool)
	for _, s := range t.spans {
		present[s.SpanContext().SpanID()] = true
	}
	var roots []sdktrace.ReadOnlySpan
	for _, s := range t.spans {
		if !present[s.Parent().SpanID()] {
			roots = append(roots, s)
		}
	}
	return roots
}

type renderer struct {
	style style
	out   strings.Builder
}

func (r *renderer) trace(t *tree) {
	first, last := t.spans[0].StartTime(), t.spans[0].EndTime()
	for _, s := range t.spans {
		if s.EndTime().After(last) {
			last = s.EndTime()
		}
	}
	count := strconv.Itoa(len(t.spans)) + " spans"
	if len(t.spans) == 1 {
		count = "1 span"
	}
	r.out.WriteString(r.style.paint(dim, "trace "+t.id.String()+"  "+count+"  "+duration(last.Sub(first))) + "\n")
	for _, s := range t.roots() {
		r.span(t, s, "", "", 0)
	}
	for _, s := range t.spans { // only the members of a loop are left
		if !t.shown[s.SpanContext().SpanID()] {
			r.span(t, s, "", "", 0)
		}
	}
}

// span prints s and what is below it. branch stands before its name, stem before
// every further line.
func (r *renderer) span(t *tree, s sdktrace.ReadOnlySpan, branch, stem string, depth int) {
	id := s.SpanContext().SpanID()
	if t.shown[id] {
		return
	}
	t.shown[id] = true
	below := slices.DeleteFunc(slices.Clone(t.children[id]), func(c sdktrace.ReadOnlySpan) bool {
		return t.shown[c.SpanContext().SpanID()]
	})

	f := factsOf(s)
	r.headline(branch, s, f)
	body := stem + "   "
	if len(below) > 0 {
		body = stem + "│  "
	}
	r.details(body, f)
	for i, c := range below {
		nextBranch, nextStem := stem+"├─ ", stem+"│  "
		if i == len(below)-1 {
			nextBranch, nextStem = stem+"└─ ", stem+"   "
		}
		if depth >= maxDepth {
			nextBranch, nextStem = branch, stem
		}
		r.span(t, c, nextBranch, nextStem, depth+1)
	}
}

// headline is the name at the left and the duration at the right.
func (r *renderer) headline(branch string, s sdktrace.ReadOnlySpan, f facts) {
	took := duration(s.EndTime().Sub(s.StartTime()))
	room := r.style.width - columns(branch) - columns(took) - 2
	name := clean(s.Name(), room)
	if name == "" {
		name = "(no name)"
	}
	paint := bold
	if f.bad {
		paint = red
	}
	gap := strings.Repeat(" ", max(1, room-columns(name)+2))
	r.out.WriteString(r.style.paint(dim, branch) + r.style.paint(paint, name) + gap + r.style.paint(cyan, took) + "\n")
}

func (r *renderer) details(stem string, f facts) {
	r.summary(stem, f)
	if f.problem != "" {
		r.line(stem, red, "!    ", f.problem)
	}
	if f.input != "" {
		r.line(stem, plain, "in   ", f.input)
	}
	if f.output != "" {
		r.line(stem, plain, "out  ", f.output)
	}
}

// summary puts as many of the short facts on a line as fit.
func (r *renderer) summary(stem string, f facts) {
	type fact struct {
		paint paint
		text  string
	}
	outcome := yellow // ended by the caller
	switch {
	case f.bad:
		outcome = red
	case f.outcome == "completed":
		outcome = green
	}
	room := r.style.width - columns(stem)
	used, text := 0, ""
	for _, next := range []fact{{outcome, f.outcome}, {plain, f.model}, {plain, f.tokens}, {plain, f.first}} {
		shown := clean(next.text, room)
		if shown == "" {
			continue
		}
		if used > 0 && used+2+columns(shown) > room {
			r.out.WriteString(r.style.paint(dim, stem) + text + "\n")
			used, text = 0, ""
		}
		if used > 0 {
			used, text = used+2, text+"  "
		}
		used, text = used+columns(shown), text+r.style.paint(next.paint, shown)
	}
	if text != "" {
		r.out.WriteString(r.style.paint(dim, stem) + text + "\n")
	}
}

func (r *renderer) line(stem string, p paint, label, text string) {
	room := r.style.width - columns(stem) - labelWidth
	r.out.WriteString(r.style.paint(dim, stem+label) + r.style.paint(p, clean(text, room)) + "\n")
}
