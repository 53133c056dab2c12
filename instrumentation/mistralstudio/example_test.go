// SPDX-License-Identifier: Apache-2.0

package mistralstudio_test

import (
	"fmt"
	"os"

	"github.com/otelmistral/otelmistral/instrumentation/mistralstudio"
)

func ExampleNew() {
	d, err := mistralstudio.New(mistralstudio.Config{APIKey: "..."})
	fmt.Println(d, err)
	// Output: mistralstudio (https://api.mistral.ai/telemetry/v1/traces) <nil>
}

// An application leaves the variable to its environment.
func ExampleFromEnv() {
	defer func(before string) { _ = os.Setenv("MISTRAL_API_KEY", before) }(os.Getenv("MISTRAL_API_KEY"))
	_ = os.Setenv("MISTRAL_API_KEY", "...")

	d, err := mistralstudio.FromEnv()
	fmt.Println(d, err)
	// Output: mistralstudio (https://api.mistral.ai/telemetry/v1/traces) <nil>
}
