// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelmistral/otelmistral/instrumentation/redact"
)

func ExampleDefault() {
	fmt.Println(redact.Default("text", "Mail jo@example.com, pay with 4111 1111 1111 1111."))
	// Output: Mail [email], pay with [card].
}

func ExampleNew() {
	staff := strings.NewReplacer("Ms Jones", "[name]")
	redactor := redact.New(redact.Options{
		KeepAddresses: true,
		Then:          func(_, text string) string { return staff.Replace(text) },
	})
	fmt.Println(redactor("text", "Ms Jones (jones@example.com) at 10.0.0.1"))
	// Output: [name] ([email]) at 10.0.0.1
}

const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"

func TestWhatIsRedacted(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"OpenAI key", "use sk-proj-abcdefghij1234567890.", "use [key]."},
		{"Langfuse secret key", "sk-lf-12345678-1234-1234-1234-123456789012", "[key]"},
		{"Langfuse public key", "(pk-lf-12345678-1234-1234-1234-123456789012)", "([key])"},
		{"AWS", "AKIAIOSFODNN7EXAMPLE", "[key]"},
		{"GitHub", "ghp_0123456789abcdefghij0123456789abcdef", "[key]"},
		{"JWT", "t=" + jwt + ";", "t=[key];"},
		{"bearer", "Authorization: Bearer abcdEFGH12345678ijkl", "Authorization: Bearer [key]"},
		{"bearer in any case", "authorization: bearer abcdEFGH12345678ijkl==", "authorization: bearer [key]"},
		{"basic", "Basic cGstbGYtMTIzOnNrLWxmLTQ1Ng==", "Basic [key]"},
		{"variable", "MISTRAL_API_KEY=abcdEFGH12345678ijklMNOP90", "MISTRAL_API_KEY=[key]"},
		{"JSON member", `{"api_key": "abcdEFGH12345678ijklMNOP90"}`, `{"api_key": "[key]"}`},
		{"JSON in a JSON string", `"{\"accessToken\":\"abcdEFGH12345678ijkl\"}"`, `"{\"accessToken\":\"[key]\"}"`},
		{"YAML", "client-secret: 0123456789abcdef0123456789abcdef", "client-secret: [key]"},

		{"e-mail", "Jo.O+news@mail.example.co.uk!", "[email]!"},
		{"e-mail at the end of a sentence", "Write to jo@example.com.", "Write to [email]."},
		{"e-mail in brackets", "Jo <jo@example.com>, Al <al@example.com>", "Jo <[email]>, Al <[email]>"},
		{"e-mail behind an escape", `"a\njo@example.com"`, `"a\n[email]"`},
		{"e-mail beyond ASCII", "zoë@exämple.com", "[email]"},
		{"mailto", "mailto:jo@example.com?subject=x", "mailto:[email]?subject=x"},

		{"Visa", "4111111111111111", "[card]"},
		{"Visa in groups", "card 4111 1111 1111 1111 12/27", "card [card] 12/27"},
		{"Mastercard with hyphens", "5555-5555-5555-4444,", "[card],"},
		{"Amex", "3782 822463 10005", "[card]"},
		{"as a number in JSON", `{"n":4111111111111111}`, `{"n":[card]}`},
		{"behind another number", "12 4111 1111 1111 1111", "12 [card]"},
		{"behind an escape", `\n4111111111111111`, `\n[card]`},

		{"IPv4", "from 192.168.0.1:8080, 10.0.0.1.", "from [ip]:8080, [ip]."},
		{"IPv4 in a URL", "http://127.0.0.1/x", "http://[ip]/x"},
		{"IPv6", "[2001:db8::8a2e:370:7334]:443 and ::1", "[[ip]]:443 and [ip]"},
		{"IPv6 in full", "2001:0db8:85a3:0000:0000:8a2e:0370:7334.", "[ip]."},
		{"IPv4 in IPv6", "::ffff:10.0.0.1", "[ip]"},
		{"several kinds", "jo@example.com 10.0.0.1 4111111111111111", "[email] [ip] [card]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, redact.Default("text", tt.text))
			assert.Equal(t, "é "+tt.want+" é", redact.Default("text", "é "+tt.text+" é"))
		})
	}
}

func TestWhatIsLeftAlone(t *testing.T) {
	for _, text := range []string{
		"",
		"nothing to see",
		"a task-oriented sk-learn pipeline, sk-very-long-name-of-a-thing",
		"The bearer of this letter, bearer certificateholders",
		"basic understanding of everything",
		"key: value, token: the next word, tokens: 1234567890123456",
		"monkey=banana", "primary key = 12345678",
		"max_tokens=123456789012345678",
		"550e8400-e29b-41d4-a716-446655440000", "12345678-1234-1234-1234-123456789012",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"trace 4bf92f3577b34da6a3ce929d0e0e4736",
		"order 4111111111111112", "order 1234567890123456", "4111-1111-1111-1112",
		"2026-11-21T19:28:16.123456789Z", "20261121192816", "1763753296000", "1763753296000000000",
		"0.4111111111111111", "4111111111111111.5", "41111111111111111111111", "4111111111111111abc",
		"+49 30 1234567", "(555) 123-4567",
		"v1.2.3.4", "1.2.3", "1.2.3.4.5", "1.2.3.400", "0.1.2", "10.5.",
		"12:30:45", "std::vector<int>", "a::b", "00:1A:2B:3C:4D:5E", "1:2:3", "::", "10:30",
		"user@host", "@mention", "a@b.c1", "a@.com", "@example.com", "x @ y.com",
		"eyJ is how a JWT begins", "eyJhbGci.x.y",
		"AKIA is a prefix", "ghp_short1",
	} {
		assert.Equal(t, text, redact.Default("text", text))
	}
}

func TestOptionsKeepTheirKind(t *testing.T) {
	const text = "sk-abcdefghij1234567890 jo@example.com 4111111111111111 10.0.0.1 TOKEN=abcdEFGH12345678ijkl ::1"
	tests := []struct {
		options redact.Options
		want    string
	}{
		{redact.Options{}, "[key] [email] [card] [ip] TOKEN=[key] [ip]"},
		{redact.Options{KeepKeys: true}, "sk-abcdefghij1234567890 [email] [card] [ip] TOKEN=abcdEFGH12345678ijkl [ip]"},
		{redact.Options{KeepEmails: true}, "[key] jo@example.com [card] [ip] TOKEN=[key] [ip]"},
		{redact.Options{KeepCards: true}, "[key] [email] 4111111111111111 [ip] TOKEN=[key] [ip]"},
		{redact.Options{KeepAddresses: true}, "[key] [email] [card] 10.0.0.1 TOKEN=[key] ::1"},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, redact.New(tt.options)("text", text))
	}
}

func TestImagesAreLeftAlone(t *testing.T) {
	assert.Equal(t, "4111111111111111", redact.Default("blob", "4111111111111111"))
}

func TestCleanTextIsNotCopied(t *testing.T) {
	text := strings.Repeat("Nothing here, at 12:30, is a secret. ", 100)
	assert.Zero(t, testing.AllocsPerRun(10, func() { redact.Default("text", text) }))
}

// Each of these makes every look as long as it can be.
func TestTimeIsInProportionToTheLength(t *testing.T) {
	for _, piece := range []string{"@", "a@", "1 ", "4111 ", "1.", ":", "a:", "=", `\`, "eyJ", "eyJaaaaaaaa.", "sk-", "bearer ", "key=", "token=", "token:1", "eyJ-", "eyJaaaaaaaa-", "eyJaaaaaaaa.b.", "1-", "é", "a", "1"} {
		elapsed := func(n int) time.Duration {
			text := strings.Repeat(piece, n/len(piece))
			start := time.Now()
			redact.Default("text", text)
			return time.Since(start)
		}
		assert.Less(t, elapsed(1<<19), 5*time.Second, "%q", piece) // quadratic time would be minutes
	}
}

func FuzzDefault(f *testing.F) {
	for _, s := range []string{jwt, "jo@example.com", `{"api_key": "abcdEFGH12345678ijkl"}`, "4111 1111 1111 1111", "::ffff:10.0.0.1", `\na@b.co`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := redact.Default("text", s)
		if utf8.ValidString(s) {
			require.True(t, utf8.ValidString(got), "%q -> %q", s, got)
		}
		if !strings.ContainsAny(s, "@:.=0123456789") && got != s {
			t.Fatalf("%q -> %q", s, got)
		}
		quoted, err := json.Marshal(s)
		require.NoError(t, err)
		require.NotPanics(t, func() { redact.Default("input", string(quoted)) })
	})
}

func BenchmarkDefault(b *testing.B) {
	for name, text := range map[string]string{
		"clean": strings.Repeat("Nothing here, at 12:30, is a secret. ", 1000),
		"full":  strings.Repeat("Mail jo@example.com from 10.0.0.1 with sk-abcdefghij1234567890. ", 500),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				redact.Default("text", text)
			}
		})
	}
}
