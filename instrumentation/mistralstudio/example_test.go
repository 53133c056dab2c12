// SPDX-License-Identifier: Apache-2.0

package mistralstudio_test

import (
	"fmt"

	"github.com/otelmistral/otelmistral/instrumentation/mistralstudio"
)

func ExampleNew() {
	d, err := mistralstudio.New(mistralstudio.Config{APIKey: "..."})
	fmt.Println(d, err)
	// Output: mistralstudio (https://api.mistral.ai/telemetry/v1/traces) <nil>
}
