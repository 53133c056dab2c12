// SPDX-License-Identifier: Apache-2.0

package console

import (
	"fmt"
	"io"
	"math"
	"strings"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	labelWidth = 5 // "in   " and "out  "
	tookWidth  = 8 // what duration returns at most

	// minBarWidth is the length of a line below which there are no bars: names
	// need the room.
	minBarWidth = 60
)

// Render prints spans as one tree per trace, children below their parents in the
// order in which they started, with a bar where each span lies in its trace. A
// span whose parent is missing stands at the top of its trace; of a trace of more
// than 300 spans the rest is counted. All text goes to w in one Write, whose error
// is returned.
func Render(w io.Writer, spans []sdktrace.ReadOnlySpan, opts ...Option) error {
	return render(w, viewsOf(spans), opts)
}

func render(w io.Writer, views []*view, opts []Option) error {
	if len(views) == 0 {
		return nil
	}
	r := &renderer{style: newStyle(w, opts)}
	for i, v := range views {
		if i > 0 {
			r.out.WriteByte('\n')
		}
		r.trace(v)
	}
	_, err := io.WriteString(w, r.out.String())
	return err
}

type renderer struct {
	style style
	out   strings.Builder
}

// piece is a text in one colour.
type piece struct {
	paint paint
	text  string
}

func (r *renderer) trace(v *view) {
	pieces := []piece{{dim, "trace " + v.ID}, {dim, plural(v.Spans, "span")}, {dim, duration(v.Took)}}
	if v.Failed > 0 {
		pieces = append(pieces, piece{red, fmt.Sprintf("%d failed", v.Failed)})
	}
	if v.Spans > 1 {
		pieces = append(pieces, piece{dim, v.Tokens.String()})
	}
	r.flow("", pieces)
	for _, row := range v.Rows {
		r.headline(row)
		r.details(row.stem, row.facts)
	}
	if v.Left > 0 {
		r.line("", dim, "…    ", left(v))
	}
}

// left tells what is beyond the rows of a view.
func left(v *view) string {
	text := "and " + plural(v.Left, "more span")
	if v.LeftFailed > 0 {
		text += fmt.Sprintf(", %d of them failed", v.LeftFailed)
	}
	return text
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// headline is the name at the left, then the bar, then the duration.
func (r *renderer) headline(row row) {
	bars := 0
	if r.style.width >= minBarWidth {
		bars = r.style.width * 3 / 10
	}
	took := duration(row.Took)
	room := r.style.width - columns(row.branch) - bars - tookWidth - 2
	name := clean(row.Name, room)
	if name == "" {
		name = "(no name)"
	}
	color := cyan
	paint := bold
	if row.Bad {
		color, paint = red, red
	}
	r.out.WriteString(r.style.paint(dim, row.branch) + r.style.paint(paint, name) + spaces(room-columns(name)+2))
	if bars > 0 {
		before, bar := bar(row.From, row.To, bars)
		r.out.WriteString(spaces(before) + r.style.paint(color, bar) + spaces(bars-before-columns(bar)))
	}
	r.out.WriteString(spaces(tookWidth-columns(took)) + r.style.paint(cyan, took) + "\n")
}

func spaces(n int) string { return strings.Repeat(" ", max(0, n)) }

// bar draws the part of a line of so many columns that lies between from and to,
// in half columns and at least one of them, and tells the columns before it.
func bar(from, to float64, width int) (before int, drawn string) {
	halves := float64(2 * width)
	first := min(int(from*halves), 2*width-1)
	last := max(first+1, int(math.Ceil(to*halves))) // exclusive
	before = first / 2
	var b strings.Builder
	for column := before; 2*column < last; column++ {
		switch {
		case 2*column < first:
			b.WriteRune('╺')
		case 2*column+1 >= last:
			b.WriteRune('╸')
		default:
			b.WriteRune('━')
		}
	}
	return before, b.String()
}

func (r *renderer) details(stem string, f facts) {
	outcome := yellow // ended by the caller
	switch {
	case f.Bad:
		outcome = red
	case f.Outcome == "completed":
		outcome = green
	}
	pieces := []piece{{outcome, f.Outcome}}
	for _, short := range f.Short {
		pieces = append(pieces, piece{plain, short})
	}
	r.flow(stem, pieces)
	if f.Problem != "" {
		r.line(stem, red, "!    ", f.Problem)
	}
	if f.Input != "" {
		r.line(stem, plain, "in   ", f.Input)
	}
	if f.Output != "" {
		r.line(stem, plain, "out  ", f.Output)
	}
}

// flow puts as many of the pieces on a line as fit.
func (r *renderer) flow(stem string, pieces []piece) {
	room := r.style.width - columns(stem)
	used, text := 0, ""
	for _, next := range pieces {
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
