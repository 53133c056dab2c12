// SPDX-License-Identifier: Apache-2.0

package console

import (
	"io"
	"os"
)

// Color says whether to use colour.
type Color int

// Values of Color.
const (
	ColorAuto   Color = iota // on a terminal, unless NO_COLOR or TERM=dumb is set
	ColorAlways              // in a file, too
	ColorNever
)

const (
	defaultWidth = 80
	minWidth     = 40
)

// Option changes how [Render] prints.
type Option interface{ apply(style) style }

type optionFunc func(style) style

func (f optionFunc) apply(s style) style { return f(s) }

type style struct {
	width   int
	choice  Color
	colored bool
}

// WithWidth sets the length of a line in columns. Default: 80; least: 40.
func WithWidth(columns int) Option {
	return optionFunc(func(s style) style { s.width = columns; return s })
}

// WithColor says whether to use colour. Default: [ColorAuto].
func WithColor(c Color) Option {
	return optionFunc(func(s style) style { s.choice = c; return s })
}

func newStyle(w io.Writer, opts []Option) style {
	var s style
	for _, opt := range opts {
		s = opt.apply(s)
	}
	if s.width <= 0 {
		s.width = defaultWidth
	}
	s.width = max(s.width, minWidth)
	s.colored = s.choice == ColorAlways || s.choice == ColorAuto && wantsColor(w)
	return s
}

// wantsColor follows https://no-color.org.
func wantsColor(w io.Writer) bool {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// paint is an ANSI select-graphic-rendition code.
type paint string

const (
	plain  paint = ""
	bold   paint = "1"
	dim    paint = "2"
	red    paint = "31"
	green  paint = "32"
	yellow paint = "33"
	cyan   paint = "36"
)

func (s style) paint(p paint, text string) string {
	if !s.colored || p == plain || text == "" {
		return text
	}
	return "\x1b[" + string(p) + "m" + text + "\x1b[0m"
}
