// SPDX-License-Identifier: Apache-2.0

package roundtripper

// Version is the version of this library, as spans name it.
const Version = "0.1.0"
