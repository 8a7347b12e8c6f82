package policy

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// naiveWildcard fills a table: does a beginning of the pattern cover a beginning
// of the text? Characters are compared, and a byte that is none counts as one.
func naiveWildcard(pattern, text string) bool {
	p, t := characters(pattern), characters(text)
	before := make([]bool, len(t)+1) // the row of the pattern's beginning that is shorter by one
	before[0] = true
	for _, c := range p {
		row := make([]bool, len(t)+1)
		for j := range row {
			switch {
			case c == '*':
				row[j] = before[j] || j > 0 && row[j-1]
			case j > 0 && (c == '?' || c == t[j-1]):
				row[j] = before[j-1]
			}
		}
		before = row
	}
	return before[len(t)]
}

func characters(text string) (list []rune) {
	for text != "" {
		r, width := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && width == 1 {
			r = -rune(text[0])
		}
		list, text = append(list, r), text[width:]
	}
	return list
}

// checkPattern compares the searches, one place after the other and by an index,
// with the table.
func checkPattern(t *testing.T, source, text string, fold bool) {
	t.Helper()
	want := naiveWildcard(source, text)
	if fold {
		want = naiveWildcard(lowerASCII(source), lowerASCII(text))
	}
	p := compilePattern(source, fold)
	for _, looks := range []int{1 << 30, len(text), 0} {
		if got := p.matchWithin(text, looks); got != want {
			t.Fatalf("pattern %q, text %q, fold %v, %d looks: got %v, want %v", source, text, fold, looks, got, want)
		}
	}
}

func FuzzPattern(f *testing.F) {
	for _, seed := range [][2]string{
		{"a*b?c", "aXbYc"}, {"*", ""}, {"*?*?", "键a"}, {"a*ab", "aab"}, {"*ab*ab", "abab"}, {"?é*", "éé"}, {"*?\uFFFD", "\xef\xff\uFFFD"},
	} {
		f.Add(seed[0], seed[1], true)
		f.Add(seed[0], seed[1], false)
	}
	f.Fuzz(func(t *testing.T, source, text string, fold bool) {
		if utf8.ValidString(source) && len(source)*len(text) <= 1<<18 { // Parse refuses other documents
			checkPattern(t, source, text, fold)
		}
	})
}

// TestPatternIsAsNaive tries texts of few letters with patterns that nearly match
// them, and with some so long that an index has several blocks.
func TestPatternIsAsNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(rand.Uint64(), 0))
	letters := []string{"a", "a", "b", "A", "é", "键", "\uFFFD", "\xef"}
	draw := func(n int, letters ...string) string {
		var b strings.Builder
		for range r.IntN(n + 1) {
			b.WriteString(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	for range 20000 {
		text := draw(12, letters...)
		var source strings.Builder
		for _, c := range text {
			source.WriteString([]string{string(c), string(c), "?", "*", "*a", "*?", ""}[r.IntN(7)])
		}
		checkPattern(t, source.String(), text, r.IntN(2) == 0)
	}
	for range 300 {
		source := "*" + strings.Repeat(draw(3, "a", "?", "é"), r.IntN(300)) + draw(3, "b", "?", "*")
		text := strings.Repeat(draw(4, "a", "é", "\xff"), r.IntN(300)) + draw(2, "b", "a") + draw(300, "a")
		checkPattern(t, source, text, r.IntN(2) == 0)
	}
}

// BenchmarkPattern matches 10 KB with 10 KB; each pattern is one that some way of
// matching takes long for. What they must not need is a millisecond.
func BenchmarkPattern(b *testing.B) {
	const size = 10 << 10
	repeated := func(part string, n int) string { return strings.Repeat(part, n/len(part)) }
	key := repeated("a", size)
	for _, c := range []struct{ name, source string }{
		{"stars", repeated("*a", size) + "b"},
		{"trailing stars", repeated("a*", size) + "b"},
		{"one long chunk", "*" + repeated("a", size/2) + "b*"},
		{"stars and question marks", repeated("*?", size) + "b"},
		{"question marks", "*" + repeated("?", size/2) + "b*"},
		{"question marks between", "*" + repeated("?a", size/2) + "b*"},
		{"one question mark", "*?" + repeated("a", size/2) + "b*"},
		{"many chunks with question marks", repeated("*"+repeated("?a", 70)+"b", size)},
		{"characters of three bytes", "*?" + repeated("键", size/2) + "b*"},
	} {
		text := key
		if strings.Contains(c.source, "键") {
			text = repeated("键", size)
		}
		b.Run(c.name, func(b *testing.B) { benchmarkPattern(b, c.source, text) })
		if c.name == "stars" {
			b.Run("resource", func(b *testing.B) { benchmarkResource(b, c.source, text) })
		}
	}
}

func benchmarkPattern(b *testing.B, source, text string) {
	p := compilePattern(source, false)
	b.ReportAllocs()
	for b.Loop() {
		if p.match(text) {
			b.Fatal("matched")
		}
	}
}

// benchmarkResource has stars in each part, and parts that colons cut.
func benchmarkResource(b *testing.B, source, text string) {
	p := compileResource("acs:*o*s*:*c*:*1*:photos/" + source)
	q := compileResource("*" + strings.Repeat(":*", len(source)/2))
	a := parseARN("acs:oss:oss-cn-hangzhou:1111111111111111:photos/" + text)
	b.ReportAllocs()
	for b.Loop() {
		if p.match(&a) || q.match(&a) {
			b.Fatal("matched")
		}
	}
}
