package signature

import "time"

const (
	isoBasic = "20060102T150405Z"
	isoDay   = "20060102"
	// httpDate takes a day of one or two digits when parsing: the second Java
	// SDK sends one. Signing uses http.TimeFormat.
	httpDate = "Mon, 2 Jan 2006 15:04:05 GMT"
)

// parseDate reads either of the two formats that SDKs send in Date and x-oss-date.
func parseDate(text string) (time.Time, bool) {
	layout := httpDate
	if len(text) == len(isoBasic) && text[8] == 'T' {
		layout = isoBasic
	}
	t, err := time.Parse(layout, text)
	return t, err == nil
}

// isDay reports whether text is eight digits.
func isDay(text string) bool {
	return len(text) == len(isoDay) && isDigits(text)
}

func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// sameDay reports whether day, YYYYMMDD, is the day of t in UTC.
func sameDay(day string, t time.Time) bool {
	var buffer [len(isoDay) + 8]byte
	return string(t.UTC().AppendFormat(buffer[:0], isoDay)) == day
}

// formatTime writes an instant as the error bodies of OSS do.
func formatTime(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
