// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/semconv"
)

var update = flag.Bool("update", false, "write the table of outcomes into README.md")

var outcomesSection = regexp.MustCompile(`(?s)(<!-- outcomes: .*? -->\n)(.*?)(<!-- end -->)`)

func TestReadmeTellsTheOutcomesThatTheTestsSee(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	if *update {
		readme = outcomesSection.ReplaceAll(readme, []byte("${1}"+outcomesTable()+"${3}"))
		require.NoError(t, os.WriteFile("README.md", readme, 0o600))
	}
	section := outcomesSection.FindSubmatch(readme)
	require.NotNil(t, section)
	assert.Equal(t, outcomesTable(), string(section[2]))
}

func outcomesTable() string {
	var b strings.Builder
	row := func(name string, outcomes func(client string) string) {
		b.WriteString("| " + name + " |")
		for _, client := range clientNames {
			b.WriteString(" " + outcomes(client) + " |")
		}
		b.WriteByte('\n')
	}
	row("", func(client string) string { return client })
	row("---", func(string) string { return "---" })
	for _, sc := range scenes {
		row(sc.name, func(client string) string {
			var all []string
			want := sc.outlook(client)
			for _, a := range want.attempts {
				all = append(all, a.outcome)
			}
			if want.or != "" {
				all[len(all)-1] += " or " + want.or
			}
			return strings.Join(all, ", ")
		})
	}
	row("stream forgotten", func(client string) string {
		switch client {
		case "openai-go", "go-openai":
			return semconv.OutcomeAbandoned // TestForgottenStreamIsAbandoned
		case "any-llm", "eino":
			return semconv.OutcomeCancelled // TestStreamThatNobodyReceivesEndsWithItsContext
		case "genkit":
			return "cannot be" // the stream is a callback's
		}
		return semconv.OutcomeDeadline // TestStreamThatNobodyReceivesEndsWithTheTimeout
	})
	return b.String()
}

func TestReadmeNamesTheVersionsOfGoMod(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	mod, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	clients, err := newClients(t.Context(), http.DefaultClient, "http://localhost", "key", 0)
	require.NoError(t, err)
	for _, c := range clients {
		version := regexp.MustCompile(regexp.QuoteMeta(c.module) + ` (v\S+)`).FindSubmatch(mod)
		require.NotNil(t, version, c.module)
		assert.Regexp(t, `\| `+regexp.QuoteMeta(c.module)+`\S* \|.*\| `+regexp.QuoteMeta(string(version[1]))+` \|`, string(readme))
	}
}

func TestReadmeOfTheProjectListsTheSameClients(t *testing.T) {
	files := func(readme, row string) []string {
		text, err := os.ReadFile(readme)
		require.NoError(t, err)
		var names []string
		for _, match := range regexp.MustCompile(row).FindAllSubmatch(text, -1) {
			names = append(names, string(match[1]))
		}
		return names
	}
	here := files("README.md", `(?m)^\| github\S+ \| \[.*\]\((\w+\.go)\) \|`)
	assert.Len(t, here, len(clientNames))
	assert.Equal(t, here, files("../../README.md", `(?m)^\| \[.*\]\(examples/clients/(\w+\.go)\)`))
}
