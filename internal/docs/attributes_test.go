// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/semconv"
)

// TestAttributesAreInDocs keeps docs/attributes.md what package semconv says, so
// that nothing is recorded under a name that no user can look up.
func TestAttributesAreInDocs(t *testing.T) {
	var text bytes.Buffer
	text.WriteString(`# What is recorded

All attributes of spans, metrics and events, made from package [semconv](../semconv): each name leads to its definition. What
a destination adds in its own words, such as ` + "`langfuse.*`" + `, its package says. ` + "`gen_ai.retrieval.*`" + ` only other libraries record.
Content is recorded only [where it is asked for](../README.md#content-and-privacy), and so is ` + "`exception.message`" + ` on events of this library.

| Attribute | What | Type | Content |
|---|---|---|---|
`)
	for _, a := range semconv.Attributes() {
		kind, content, link := string(a.Type), "", a.Link
		if a.Unit != "" {
			kind += ", " + a.Unit
		}
		if a.Content {
			content = "yes"
		}
		if !strings.Contains(link, "://") {
			link = "../" + link
		}
		fmt.Fprintf(&text, "| [`%s`](%s) | %s | %s | %s |\n", a.Key, link, strings.ReplaceAll(a.Brief, "|", `\|`), kind, content)
	}
	same(t, "docs/attributes.md", text.Bytes())
}

// TestMetricsAreInREADME holds the table there to those of package semconv.
func TestMetricsAreInREADME(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	for _, m := range semconv.Metrics(semconv.Released) {
		assert.Contains(t, string(readme), "\n| `"+m.Name+"` | "+string(m.Instrument)+", "+m.Unit+" |")
	}
}
