// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

const (
	maxText      = 32 << 10 // bytes of one text on a page
	maxAttribute = 2 << 10  // bytes of one attribute's value
	maxTexts     = 4 << 20  // bytes of all texts of one trace
	textCost     = 256      // what a text counts besides its bytes, for the markup around it
	nameColumns  = 200      // of what stands on one line
)

// section is one trace on a page, as the template page.html takes it. Its texts
// are harmless, but not escaped: that is up to the template.
type section struct {
	Title   string
	Meta    []string
	Failed  string
	ID      string
	Ticks   []tick
	Spans   []spanBlock
	LeftOut string
}

// tick is a time on the axis; X is in percent.
type tick struct{ X, Label, Anchor string }

// spanBlock is a row of the waterfall and what unfolds below it.
type spanBlock struct {
	ID, Name, Took, Class string
	Depth                 int
	X, Width              string // of the bar, in percent
	When                  string // the same, for who cannot see it
	Outcome               string // of a call, else what kind of observation it is
	Short                 []string
	Problem               string
	Messages              []messageBlock
	Tools                 string
	Attributes            []pair
	Events                []eventBlock
}

type messageBlock struct {
	Role  string
	Parts []partBlock
}

// partBlock is a piece of a message. Kind is text, reasoning, code or note.
type partBlock struct{ Kind, Title, Text string }

type eventBlock struct {
	Name       string
	Attributes []pair
}

type pair struct{ Key, Value string }

// writer fills sections and watches that a trace does not become too long.
type writer struct{ left int }

func newSection(v *view) section {
	w := &writer{left: maxTexts}
	s := section{
		ID:    v.ID,
		Title: "(no name)",
		Meta:  []string{plural(v.Spans, "span"), duration(v.Took)},
	}
	if tokens := v.Tokens.String(); tokens != "" {
		s.Meta = append(s.Meta, tokens)
	}
	s.Meta = append(s.Meta, v.Start.Format("2006-01-02 15:04:05 MST"))
	if v.Service != "" {
		s.Meta = append(s.Meta, clean(v.Service, nameColumns))
	}
	if v.Failed > 0 {
		s.Failed = fmt.Sprintf("%d failed", v.Failed)
	}
	s.Ticks = []tick{{"0%", "0", "start"}}
	for i, anchor := range []string{"middle", "middle", "middle", "end"} {
		passed := float64(i+1) / 4
		s.Ticks = append(s.Ticks, tick{percent(passed), duration(time.Duration(passed * float64(v.Took))), anchor})
	}
	for _, r := range v.Rows {
		s.Spans = append(s.Spans, w.span(v, r))
	}
	if len(s.Spans) > 0 {
		s.Title = cmp.Or(clean(v.Name, nameColumns), s.Spans[0].Name)
	}
	if v.Left > 0 {
		s.LeftOut = left(v)
	}
	return s
}

// span is one row. Its bar is wide enough to be seen.
func (w *writer) span(v *view, r row) spanBlock {
	const least = 0.005
	from := min(r.From, 1-least)
	b := spanBlock{
		ID:      r.span.SpanContext().SpanID().String(),
		Name:    cmp.Or(clean(r.Name, nameColumns), "(no name)"),
		Took:    duration(r.Took),
		Class:   class(r.facts),
		Depth:   r.Depth,
		X:       percent(from),
		Width:   percent(max(least, r.To-from)),
		When:    "starts after " + duration(r.span.StartTime().Sub(v.Start)) + ", takes " + duration(r.Took),
		Outcome: clean(cmp.Or(r.Outcome, r.Kind), nameColumns),
		Problem: w.text(r.Problem, maxText),
	}
	for _, short := range r.Short {
		b.Short = append(b.Short, clean(short, nameColumns))
	}
	attrs := make(map[attribute.Key]string)
	for _, kv := range r.span.Attributes() {
		attrs[kv.Key] = kv.Value.String()
	}
	b.Messages = w.messages(attrs)
	if tools := attrs[semconv.GenAIToolDefinitionsKey]; tools != "" {
		b.Tools = w.json(tools)
		delete(attrs, semconv.GenAIToolDefinitionsKey)
	}
	b.Attributes = w.pairs(attrs)
	for _, e := range r.span.Events() {
		if !w.room() {
			break
		}
		of := make(map[attribute.Key]string)
		for _, kv := range e.Attributes {
			of[kv.Key] = kv.Value.String()
		}
		b.Events = append(b.Events, eventBlock{w.line(e.Name), w.pairs(of)})
	}
	return b
}

// class chooses the colour of a span.
func class(f facts) string {
	switch {
	case f.Bad:
		return "bad"
	case f.Outcome == "":
		return "app"
	case f.Outcome == "completed":
		return "call"
	}
	return "early" // ended by the caller
}

// messages takes content out of attrs and tells it in the order in which it came.
func (w *writer) messages(attrs map[attribute.Key]string) []messageBlock {
	var all []messageBlock
	take := func(key attribute.Key, role string) {
		value, ok := attrs[key]
		delete(attrs, key)
		switch key {
		case semconv.GenAIInputMessagesKey, semconv.GenAIOutputMessagesKey:
			if messages, isJSON := parse(value); ok && isJSON {
				for _, m := range messages {
					if !w.room() {
						all = append(all, messageBlock{role, []partBlock{{"note", "", leftOut}}})
						break
					}
					all = append(all, w.message(m))
				}
				return
			}
		case semconv.GenAISystemInstructionsKey:
			var m message
			if ok && json.Unmarshal([]byte(value), &m.Parts) == nil {
				m.Role = role
				all = append(all, w.message(m))
				return
			}
		}
		if ok {
			all = append(all, messageBlock{role, []partBlock{w.value("", unquoted(value))}})
		}
	}
	take(semconv.GenAISystemInstructionsKey, "system")
	for _, c := range inputs {
		take(c.key, "input")
	}
	for _, c := range outputs {
		take(c.key, "output")
	}
	return all
}

func (w *writer) message(m message) messageBlock {
	b := messageBlock{Role: w.line(m.Role)}
	for _, p := range m.Parts {
		if !w.room() {
			b.Parts = append(b.Parts, partBlock{"note", "", leftOut})
			break
		}
		b.Parts = append(b.Parts, w.part(p))
	}
	return b
}

func (w *writer) part(p part) partBlock {
	switch p.Type {
	case "text":
		return partBlock{"text", "", w.text(text(p.Content), maxText)}
	case "reasoning":
		return partBlock{"reasoning", "reasoning", w.text(text(p.Content), maxText)}
	case "tool_call":
		return w.value("calls "+p.Name, text(p.Arguments))
	case "tool_call_response":
		return w.value("", text(p.Response))
	case "generic":
		return w.value(p.GenericType, text(p.Content))
	}
	return partBlock{"note", "", w.line(p.String())}
}

// value is text, or JSON that is set out over several lines.
func (w *writer) value(title, s string) partBlock {
	kind := "text"
	if looksLikeJSON(s) {
		kind = "code"
	}
	return partBlock{kind, w.line(title), w.json(s)}
}

func (w *writer) json(s string) string {
	if len(s) <= maxText && looksLikeJSON(s) {
		var b bytes.Buffer
		if json.Indent(&b, []byte(s), "", "  ") == nil {
			s = b.String()
		}
	}
	return w.text(s, maxText)
}

func looksLikeJSON(s string) bool { return strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[") }

func (w *writer) pairs(attrs map[attribute.Key]string) []pair {
	pairs := make([]pair, 0, len(attrs))
	for _, key := range slices.Sorted(maps.Keys(attrs)) {
		if !w.room() {
			break
		}
		pairs = append(pairs, pair{w.line(string(key)), w.text(attrs[key], maxAttribute)})
	}
	return pairs
}

func (w *writer) line(s string) string { return w.text(clean(s, nameColumns), maxText) }

// room tells whether there is some left for another text.
func (w *writer) room() bool {
	w.left = max(0, w.left-textCost)
	return w.left > 0
}

const leftOut = "the rest is left out: the trace is too long for this page"

// text makes a text harmless, cuts it to limit bytes, and to what the trace has
// left.
func (w *writer) text(s string, limit int) string {
	kept := harmless(s, min(limit, w.left))
	w.left -= min(len(kept), w.left)
	return kept
}

func percent(share float64) string { return fmt.Sprintf("%.2f%%", 100*share) }
