// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
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
			for _, a := range sc.want[client].attempts {
				all = append(all, a.outcome)
			}
			return strings.Join(all, ", ")
		})
	}
	row("stream forgotten", func(client string) string {
		if client == "openai-go" || client == "go-openai" {
			return semconv.OutcomeAbandoned // TestForgottenStreamIsAbandoned
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
	clients, err := newClients(nil, "", "", 0)
	require.NoError(t, err)
	for _, c := range clients {
		version := regexp.MustCompile(regexp.QuoteMeta(c.module) + ` (v\S+)`).FindSubmatch(mod)
		require.NotNil(t, version, c.module)
		assert.Regexp(t, `\| `+regexp.QuoteMeta(c.module)+`\S* \|.*\| `+regexp.QuoteMeta(string(version[1]))+` \|`, string(readme))
	}
}
