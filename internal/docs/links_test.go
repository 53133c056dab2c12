// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
	link    = regexp.MustCompile(`\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)|<(https?://[^>\s]+)>`)
	heading = regexp.MustCompile("(?m)^#{1,6} +(.+?) *$")
)

// TestLinksOfDocumentsLeadSomewhere follows the links inside the repository, with
// their anchors. Addresses outside it are only read: a test needs no network.
func TestLinksOfDocumentsLeadSomewhere(t *testing.T) {
	inside, outside := 0, 0
	for _, document := range documents(t) {
		for _, target := range links(t, document) {
			u, err := url.Parse(target)
			if !assert.NoError(t, err, "%s links to %q", document, target) {
				continue
			}
			if u.IsAbs() {
				outside++
				assert.True(t, u.Scheme == "https" && strings.Contains(u.Host, ".") || u.Hostname() == "localhost",
					"%s links to %q, which is no https address", document, target)
				continue
			}
			inside++
			file := document
			if u.Path != "" {
				file = filepath.Join(filepath.Dir(document), filepath.FromSlash(u.Path))
			}
			if _, err := os.Stat(file); !assert.NoError(t, err, "%s links to %q", document, target) || u.Fragment == "" {
				continue
			}
			assert.Contains(t, anchors(t, file), u.Fragment, "%s links to %q", document, target)
		}
	}
	t.Logf("%d links inside the repository, %d outside", inside, outside)
	assert.NotZero(t, inside)
	assert.NotZero(t, outside)
}

// documents are all Markdown files that git knows or would take.
func documents(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "bin" || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case filepath.Ext(path) == ".md":
			found = append(found, path)
		}
		return nil
	})
	require.NoError(t, err)
	return found
}

func links(t *testing.T, document string) []string {
	t.Helper()
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	var targets []string
	for _, found := range link.FindAllStringSubmatch(fenced.ReplaceAllString(string(text), ""), -1) {
		targets = append(targets, found[1]+found[2])
	}
	return targets
}

// anchors are those that GitHub gives the headings of a document.
func anchors(t *testing.T, document string) []string {
	t.Helper()
	text, err := os.ReadFile(document)
	require.NoError(t, err)
	var names []string
	for _, found := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(string(text), ""), -1) {
		names = append(names, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, found[1]))
	}
	return names
}
