// SPDX-License-Identifier: Apache-2.0

package langfuse_test

import (
	"fmt"
	"os"

	"github.com/otelmistral/otelmistral/instrumentation/langfuse"
)

// setenv returns what undoes it.
func setenv(name, value string) (undo func()) {
	before := os.Getenv(name)
	if err := os.Setenv(name, value); err != nil {
		panic(err)
	}
	return func() { _ = os.Setenv(name, before) }
}

// The keys are those of the project's settings. An application leaves the
// variables to its environment.
func ExampleFromEnv() {
	for name, value := range map[string]string{
		"LANGFUSE_PUBLIC_KEY": "pk-lf-...",
		"LANGFUSE_SECRET_KEY": "sk-lf-...",
		"LANGFUSE_BASE_URL":   "https://us.cloud.langfuse.com",
	} {
		defer setenv(name, value)()
	}

	d, err := langfuse.FromEnv()
	fmt.Println(d, err)
	// Output: langfuse (https://us.cloud.langfuse.com/api/public/otel/v1/traces) <nil>
}

// What is missing is named, with what to do about it.
func ExampleFromEnv_incomplete() {
	for name, value := range map[string]string{"LANGFUSE_PUBLIC_KEY": "pk-lf-...", "LANGFUSE_SECRET_KEY": ""} {
		defer setenv(name, value)()
	}

	_, err := langfuse.FromEnv()
	fmt.Println(err)
	// Output: langfuse: LANGFUSE_SECRET_KEY is not set: set it, or Config.SecretKey, to the secret key of the Langfuse project
}

func ExampleNew() {
	half := 0.5
	d, err := langfuse.New(langfuse.Config{
		PublicKey:   "pk-lf-...",
		SecretKey:   "sk-lf-...",
		BaseURL:     "https://langfuse.example.com", // a server of one's own
		Environment: "production",
		SampleRate:  &half, // of the traces
		Prices: map[string]langfuse.Price{ // USD per million tokens
			"mistral-small-2506": {Input: 0.1, CachedInput: 0.01, Output: 0.3},
		},
	})
	fmt.Println(d, err)
	// Output: langfuse (https://langfuse.example.com/api/public/otel/v1/traces) <nil>
}

// A collector that forwards to Langfuse gets what Langfuse reads.
func ExampleDialect() {
	dialect, err := langfuse.Dialect(langfuse.Config{Environment: "production"})
	fmt.Println(dialect != nil, err) // for otlp.Config
	// Output: true <nil>
}
