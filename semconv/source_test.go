// SPDX-License-Identifier: Apache-2.0

package semconv_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelmistral/otelmistral/semconv"
)

// constant is an exported constant as the source has it.
type constant struct {
	value string
	doc   string // the comment above it and the one behind it
}

// sourceConstants reads all exported constants with a literal value, which
// those that are counted have not, and the imports, from the files that are not tests.
func sourceConstants(t *testing.T) (consts map[string]constant, imports []string) {
	t.Helper()
	consts = map[string]constant{}
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.ParseComments)
		require.NoError(t, err)
		for _, i := range file.Imports {
			imports = append(imports, strings.Trim(i.Path.Value, `"`))
		}
		for _, d := range file.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.CONST {
				continue
			}
			for _, s := range decl.Specs {
				spec := s.(*ast.ValueSpec)
				if counted(spec) {
					continue
				}
				for i, name := range spec.Names {
					if name.IsExported() {
						consts[name.Name] = constant{literal(t, spec.Values[i]), spec.Doc.Text() + spec.Comment.Text()}
					}
				}
			}
		}
	}
	return consts, imports
}

// counted tells whether the value comes from iota, maybe from that above.
func counted(spec *ast.ValueSpec) bool {
	if len(spec.Values) == 0 {
		return true
	}
	name, ok := spec.Values[0].(*ast.Ident)
	return ok && name.Name == "iota"
}

// literal gives the string in "x" and in attribute.Key("x").
func literal(t *testing.T, e ast.Expr) string {
	t.Helper()
	if call, ok := e.(*ast.CallExpr); ok {
		require.Len(t, call.Args, 1)
		e = call.Args[0]
	}
	lit, ok := e.(*ast.BasicLit)
	require.True(t, ok, "a name must be a literal")
	s, err := strconv.Unquote(lit.Value)
	require.NoError(t, err)
	return s
}

func TestEachKeyConstantIsInTheTableOnce(t *testing.T) {
	consts, _ := sourceConstants(t)
	times := map[attribute.Key]int{}
	for _, a := range semconv.Attributes() {
		times[a.Key]++
	}
	for k, n := range times {
		assert.Equal(t, 1, n, k)
	}
	keys := map[attribute.Key]string{}
	for name, c := range consts {
		if !strings.HasSuffix(name, "Key") {
			continue
		}
		key := attribute.Key(c.value)
		assert.Contains(t, times, key, name)
		assert.NotContains(t, keys, key, "%s and %s are the same", name, keys[key])
		keys[key] = name
	}
	for key := range times {
		if _, ok := keys[key]; !ok {
			suffix, isRateLimit := strings.CutPrefix(string(key), "mistral_ai.ratelimit.")
			_, found := semconv.RateLimitKey(strings.ReplaceAll(suffix, "_", "-"))
			assert.True(t, isRateLimit && found, "%s has no constant", key)
		}
	}
}

func TestEachKeyConstantLinksToItsDefinition(t *testing.T) {
	consts, _ := sourceConstants(t)
	link := map[attribute.Key]string{}
	for _, a := range semconv.Attributes() {
		link[a.Key] = a.Link
	}
	for name, c := range consts {
		if !strings.HasSuffix(name, "Key") {
			continue
		}
		assert.True(t, strings.HasPrefix(c.doc, name+" is "), name)
		want := link[attribute.Key(c.value)]
		if !strings.HasPrefix(want, "https://") {
			want = "Defined by this project, see [Attributes]."
		}
		assert.True(t, strings.HasSuffix(strings.TrimSpace(c.doc), "\n\n"+want), "%s must end with %s", name, want)
	}
}

func TestEachValueIsDocumentedAndUniqueInItsSet(t *testing.T) {
	consts, _ := sourceConstants(t)
	for _, set := range []string{"Operation", "Route", "ToolType", "OutputType", "TokenType", "TokenModality", "Provider", "Outcome", "ErrorType", "Event"} {
		seen := map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(consts)) {
			if !strings.HasPrefix(name, set) || strings.HasSuffix(name, "Key") {
				continue
			}
			c := consts[name]
			assert.NotEmpty(t, c.doc, name)
			assert.NotContains(t, seen, c.value, "%s and %s are the same", name, seen[c.value])
			seen[c.value] = name
		}
		assert.NotEmpty(t, seen, set)
	}
}

func TestOutcomesAreThoseOfTheDesign(t *testing.T) {
	consts, _ := sourceConstants(t)
	var got []string
	for name, c := range consts {
		if strings.HasPrefix(name, "Outcome") {
			got = append(got, c.value)
		}
	}
	assert.ElementsMatch(t, []string{
		"completed", "closed_early", "cancelled", "abandoned", "deadline",
		"failed", "cut", "truncated", "refused", "stream_error",
	}, got)
}

func TestImportsAttributeOnly(t *testing.T) {
	_, imports := sourceConstants(t)
	for _, i := range imports {
		if strings.Contains(i, ".") {
			assert.Equal(t, "go.opentelemetry.io/otel/attribute", i)
		}
	}
}
