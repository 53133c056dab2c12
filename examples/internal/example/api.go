// SPDX-License-Identifier: Apache-2.0

package example

import (
	"cmp"
	"os"
	"time"

	"github.com/otelmistral/otelmistral/internal/testserver"
)

// API is an API that a program calls. The zero value is Mistral's.
type API struct {
	// URL is its address without /v1. Default: https://api.mistral.ai.
	URL string
	// KeyVariable is the environment variable that has the key; without it, the
	// server inside the program is called. Default: MISTRAL_API_KEY.
	KeyVariable string
	// Model is the model to ask. Default: mistral-small-latest.
	Model string
}

// called is an API that is ready to be called.
type called struct {
	Call
	where string   // what the reader is told
	hosts []string // that serve Mistral's API, which nobody could know
}

// start returns the real API if the environment has a key, else a small Mistral
// that takes about as long to answer as the real one.
func (a API) start(answers map[string]string, opts []testserver.MistralOption) (c called, closeServer func()) {
	variable := cmp.Or(a.KeyVariable, "MISTRAL_API_KEY")
	c.URL = cmp.Or(a.URL, "https://api.mistral.ai")
	c.Model = cmp.Or(a.Model, "mistral-small-latest")
	c.Key = os.Getenv(variable)
	c.where = c.URL
	if c.Key != "" {
		return c, func() {}
	}
	known := []testserver.MistralOption{testserver.WithPace(120*time.Millisecond, 15*time.Millisecond)}
	if len(answers) > 0 {
		known = append(known, testserver.WithAnswer(func(question string) string {
			return cmp.Or(answers[question], "I am a test server and do not know that.")
		}))
	}
	server := testserver.NewMistral(append(known, opts...)...)
	c.URL, c.Key = server.URL, "no-key-needed"
	if a.URL == "" {
		c.hosts = []string{"127.0.0.1"}
	}
	c.where = "a Mistral server inside this program (no " + variable + " is set)"
	return c, server.Close
}
