// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the files that are made from the code")

const module = "github.com/otelmistral/otelmistral"

// TestExportedAPIIsInDocs makes each change of what users compile against a
// decision: it is a line in the diff of docs/api.txt.
func TestExportedAPIIsInDocs(t *testing.T) {
	var api bytes.Buffer
	for _, pkg := range publicPackages(t) {
		for _, line := range exported(pkg) {
			fmt.Fprintf(&api, "%s: %s\n", strings.TrimPrefix(pkg.Path(), module+"/"), line)
		}
	}
	same(t, "docs/api.txt", api.Bytes())
}

// same compares a file of the repository with what it should be, or writes it.
func same(t *testing.T, name string, want []byte) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if *update {
		require.NoError(t, os.WriteFile(path, want, 0o644))
	}
	have, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(have),
		"if the change is meant, run go test ./internal/docs -update and look at the diff of %s", name)
}

// publicPackages are those of the root module that users may import, in order,
// as the compiler sees them.
func publicPackages(t *testing.T) []*types.Package {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}} {{.Name}}", "./...")
	list.Dir = root
	list.Stderr = os.Stderr
	out, err := list.Output()
	require.NoError(t, err)

	exports, public := map[string]string{}, []string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		path, name := fields[0], fields[2]
		exports[path] = fields[1]
		inside, ours := strings.CutPrefix(path, module+"/")
		rooms := strings.Split(inside, "/")
		if ours && name != "main" && rooms[0] != "examples" && !slices.Contains(rooms, "internal") {
			public = append(public, path)
		}
	}
	slices.Sort(public)
	imports := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})
	packages := make([]*types.Package, len(public))
	for i, path := range public {
		packages[i], err = imports.Import(path)
		require.NoError(t, err)
	}
	require.NotEmpty(t, packages)
	return packages
}

// exported has a line for each thing that code outside pkg can name.
func exported(pkg *types.Package) []string {
	var lines []string
	qualifier := func(p *types.Package) string {
		if p == pkg {
			return ""
		}
		return p.Name()
	}
	for _, name := range pkg.Scope().Names() {
		object := pkg.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		switch o := object.(type) {
		case *types.Const:
			lines = append(lines, fmt.Sprintf("const %s %s = %s", name, types.TypeString(o.Type(), qualifier), o.Val().ExactString()))
		case *types.TypeName:
			lines = append(lines, typeLines(o, qualifier)...)
		default:
			lines = append(lines, types.ObjectString(o, qualifier))
		}
	}
	return lines
}

// typeLines has a line for the type, and one for each exported field and method:
// those promoted from an embedded type, and those of an alias, included.
func typeLines(o *types.TypeName, qualifier types.Qualifier) []string {
	name, under := o.Name(), o.Type().Underlying()
	first := types.TypeString(under, qualifier)
	var members []string
	if s, ok := under.(*types.Struct); ok {
		first = "struct"
		for field := range s.Fields() {
			if field.Exported() {
				members = append(members, fmt.Sprintf("type %s, field %s %s", name, field.Name(), types.TypeString(field.Type(), qualifier)))
			}
		}
	}
	if o.IsAlias() {
		first = "= " + types.TypeString(types.Unalias(o.Type()), qualifier)
	}
	all := o.Type()
	if !types.IsInterface(all) {
		all = types.NewPointer(all)
	}
	for method := range types.NewMethodSet(all).Methods() {
		if f := method.Obj().(*types.Func); f.Exported() && !types.IsInterface(all) {
			members = append(members, fmt.Sprintf("type %s, %s", name, types.ObjectString(f, qualifier)))
		}
	}
	return append([]string{"type " + name + " " + first}, members...)
}
