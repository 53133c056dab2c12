// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the look of a page
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	maxSections  = 100      // traces on a page
	maxPageBytes = 16 << 20 // of all of them; one is shown however long it is
)

var (
	//go:embed page.css
	pageStyle string
	//go:embed page.html
	pageText string

	pageTemplate = template.Must(template.New("trace").Parse(pageText))
)

// pageHead lets a browser load nothing and run nothing: the only style is the one
// below, known by its hash, so that even markup that escaped would be dead.
var pageHead = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '` + hashOf(pageStyle) + `'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Traces</title>
<style>` + pageStyle + `</style>
</head>
<body>
<main>
`

const pageFoot = `</main>
</body>
</html>
`

func hashOf(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// RenderHTML writes spans as one HTML page, the newest trace first: a waterfall,
// and behind each span what was asked and answered, its tokens and attributes. The
// page needs no other file and no script, and nothing in it is live: text of spans
// is escaped, addresses are no links. It has the newest 100 traces, or 16 MiB of
// them; long texts are cut, with a note on how much. All goes to w in one Write,
// whose error is returned. The address of a page with #s and the id of a span, such
// as trace.html#s00f067aa0ba902b7, leads to that span and unfolds it.
//
// What is on the page is what the spans have: take care who gets to see it.
func RenderHTML(w io.Writer, spans []sdktrace.ReadOnlySpan) error {
	var p pages
	if err := p.add(viewsOf(spans)); err != nil {
		return err
	}
	_, err := w.Write(p.html())
	return err
}

// pages is the sections of a page, of one trace each, oldest first.
type pages struct {
	sections [][]byte
	size     int
	dropped  int
}

func (p *pages) add(views []*view) error {
	for _, v := range views {
		var section bytes.Buffer
		if err := pageTemplate.Execute(&section, newSection(v)); err != nil {
			return fmt.Errorf("make the page: %w", err)
		}
		p.sections = append(p.sections, section.Bytes())
		p.size += section.Len()
	}
	for len(p.sections) > maxSections || p.size > maxPageBytes && len(p.sections) > 1 {
		p.size -= len(p.sections[0])
		p.sections = slices.Delete(p.sections, 0, 1)
		p.dropped++
	}
	return nil
}

func (p *pages) html() []byte {
	var page bytes.Buffer
	page.Grow(len(pageHead) + p.size + len(pageFoot) + 256)
	page.WriteString(pageHead)
	if len(p.sections) == 0 {
		page.WriteString("<p class=\"note\">No trace has ended yet.</p>\n")
	}
	for _, section := range slices.Backward(p.sections) {
		page.Write(section)
	}
	if p.dropped > 0 {
		fmt.Fprintf(&page, "<p class=\"note\">%s left out.</p>\n", plural(p.dropped, "older trace"))
	}
	page.WriteString(pageFoot)
	return page.Bytes()
}
