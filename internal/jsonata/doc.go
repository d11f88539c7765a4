// Package jsonata evaluates JSONata expressions as AWS Step Functions does: the language is JSONata 2.0.6 without
// $eval, and with $partition, $range, $hash, $random, $uuid and $parse.
//
// The engine is github.com/recolabs/gnata, a later JSONata. What it does otherwise than the reference implementation
// (npm's jsonata 2.0.6) is mended, refused by Compile, or named here. Package reference and the test over
// testdata/corpus.json compare the two.
//
// Mended: $filter with one match, $match (index, groups that took no part), $now and $millis (one moment for an
// evaluation, milliseconds), $string (15 significant digits, no needless escapes), $number of odd text, $type of a
// regular expression, $join with a bad separator, $substring, $fromMillis and $length without their first argument;
// numbers from JSON are float64 and objects keep the order of their keys.
//
// Refused, with the reason and what to write instead: the operators ?: and ??, the escape \', $eval, $values, $flatten,
// $clone, ranges outside an array constructor, the wildcard *, x.$, x[…][], x[[…]], grouping x{…}, $distinct whose
// result's shape matters, functions of several parameters as callbacks ($map(x, $toMillis)), and regular expressions
// that only JavaScript has.
//
// Still different:
//   - A number that is not finite (1/0) is an error at the latest when the result is written; the reference
//     turns it into null. 1e308*10 is an error at once. The service has no such number either.
//   - The operator & writes the numbers within arrays and objects with up to 17 digits; $string writes 15.
//   - x[$list] with a list of one index gives an array of one.
//   - ($a ~> /regex/) gives start and end instead of index; use $match.
//   - Texts and codes of errors are the engine's own in places. Only whether there is an error is the same.
//   - The numbers that $random(seed) gives are not the service's, though always the same.
//   - The service's limits of one second and of memory are not imitated; recursion ends at the engine's depth of 100.
package jsonata
