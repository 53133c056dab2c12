// SPDX-License-Identifier: Apache-2.0

package roundtripper

import "github.com/otelmistral/otelmistral/semconv"

// InVocabulary sets the vocabulary.
func InVocabulary(v semconv.Vocabulary) Option {
	return optionFunc(func(c config) config {
		c.vocabulary = v
		return c
	})
}
