// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// block is a fenced block of a document.
type block struct{ at, language, text string }

// A comment in front of a block leaves it out, and says why.
var fence = regexp.MustCompile("(?ms)(<!-- readme-check: [^>]*-->\n+)?^```(\\w*)\n(.*?)^```$")

func blocksOf(path string) ([]block, error) {
	document, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var blocks []block
	for _, at := range fence.FindAllSubmatchIndex(document, -1) {
		if at[2] >= 0 {
			continue
		}
		line := 1 + strings.Count(string(document[:at[0]]), "\n")
		blocks = append(blocks, block{
			at:       fmt.Sprintf("%s:%d", filepath.Base(path), line),
			language: string(document[at[4]:at[5]]),
			text:     string(document[at[6]:at[7]]),
		})
	}
	return blocks, nil
}

// prelude declares what the documents take for granted. A block may declare the
// same names itself.
const prelude = `
var (
	ctx              context.Context
	question, callID string
	p, s, key        string
	t                *testing.T
	ask, reply       func(context.Context, string) (string, error)
	lookUp           func(context.Context, string) (map[string]string, error)
	stream           func(context.Context, string) iter.Seq2[string, error]
	callYourCode     func(*http.Client, string)
)
`

// packages are those that the documents use, by the names they use them by.
var packages = map[string]string{
	"context": "context", "fmt": "fmt", "http": "net/http", "iter": "iter", "log": "log",
	"sync": "sync", "testing": "testing", "time": "time",
	"roundtripper":        module + "/roundtripper",
	"instrumentation":     module + "/instrumentation",
	"instrumentationtest": module + "/instrumentation/instrumentationtest",
	"langfuse":            module + "/instrumentation/langfuse",
	"respan":              module + "/instrumentation/respan",
	"otlp":                module + "/instrumentation/otlp",
	"redact":              module + "/instrumentation/redact",
	"semconv":             module + "/semconv",
}

const module = "github.com/otelmistral/otelmistral"

// write makes a package of the block: its statements in a function, with the
// imports it needs. What it declares at its outermost level counts as used.
func (b block) write(dir string) error {
	body := "package snippet\n\nfunc _() {\n" + b.text
	file, err := parser.ParseFile(token.NewFileSet(), b.at, body+"\n}\n", 0)
	if err != nil {
		return err
	}
	for _, statement := range file.Decls[0].(*ast.FuncDecl).Body.List {
		define, ok := statement.(*ast.AssignStmt)
		if !ok || define.Tok != token.DEFINE {
			continue
		}
		for _, name := range define.Lhs {
			if id := name.(*ast.Ident).Name; id != "_" {
				body += "\n_ = " + id
			}
		}
	}
	var imports strings.Builder
	for name, path := range packages {
		if regexp.MustCompile(`\b` + name + `\.`).MatchString(b.text + prelude) {
			fmt.Fprintf(&imports, "import %q\n", path)
		}
	}
	source := strings.Replace(body, "package snippet\n", "package snippet\n"+imports.String()+prelude, 1) + "\n}\n"
	formatted, err := format.Source([]byte(source))
	if err != nil {
		return fmt.Errorf("%s: %w", b.at, err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "snippet.go"), formatted, 0o600)
}
