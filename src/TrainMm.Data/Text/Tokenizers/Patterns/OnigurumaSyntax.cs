using System.Text;

namespace TrainMm.Data.Text.Tokenizers.Patterns;

/// <summary>Rewrites what .NET's regex syntax lacks or means otherwise; refuses what it cannot rewrite, so that no pattern is misread.</summary>
internal static class OnigurumaSyntax
{
    /// <summary>The members of <c>\w</c>, to stand inside brackets.</summary>
    private const string WordMembers = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}";

    /// <summary>Rewrites a pattern.</summary>
    /// <exception cref="NotSupportedException">The pattern uses a construct that .NET cannot express.</exception>
    public static string Translate(string pattern)
    {
        var output = new StringBuilder(pattern.Length + 16);
        var groupStarts = new Stack<int>();
        var atomStart = 0;
        for (var i = 0; i < pattern.Length;)
        {
            var character = pattern[i];
            switch (character)
            {
                case '\\':
                    atomStart = output.Length;
                    i = CopyEscape(pattern, i, output, insideClass: false);
                    break;
                case '[':
                    atomStart = output.Length;
                    i = CopyClass(pattern, i, output);
                    break;
                case '(':
                    groupStarts.Push(output.Length);
                    output.Append(character);
                    i++;
                    break;
                case ')':
                    atomStart = groupStarts.Count > 0 ? groupStarts.Pop() : throw new NotSupportedException("a ')' has no '('");
                    output.Append(character);
                    i++;
                    break;
                case '?' or '*' or '+' or '{' when i > 0:
                    i = CopyQuantifier(pattern, i, output, atomStart);
                    break;
                default:
                    atomStart = output.Length;
                    output.Append(character);
                    i++;
                    break;
            }
        }

        return output.ToString();
    }

    private static int CopyQuantifier(string pattern, int start, StringBuilder output, int atomStart)
    {
        var opensGroup = pattern[start] == '?' && pattern[start - 1] == '(' && (start < 2 || pattern[start - 2] != '\\');
        var end = pattern[start] == '{' ? pattern.IndexOf('}', start) + 1 : start + 1;
        if (end == 0 || opensGroup)
        {
            output.Append(pattern[start]);
            return start + 1;
        }

        output.Append(pattern, start, end - start);
        if (end < pattern.Length && pattern[end] == '?')
        {
            output.Append('?');
            return end + 1;
        }

        if (end < pattern.Length && pattern[end] == '+')
        {
            // `?+`, `*+` and `++` never give back what they took; `{n,m}+` is a repeated repetition in this dialect.
            output.Insert(atomStart, pattern[start] == '{' ? "(?:" : "(?>").Append(pattern[start] == '{' ? ")+" : ")");
            return end + 1;
        }

        return end;
    }

    private static int CopyClass(string pattern, int start, StringBuilder output)
    {
        output.Append('[');
        var i = start + 1;
        if (i < pattern.Length && pattern[i] == '^')
        {
            output.Append('^');
            i++;
        }

        for (var first = i; i < pattern.Length && (pattern[i] != ']' || i == first);)
        {
            if (pattern[i] == '[')
            {
                throw new NotSupportedException("a set inside a set (such as [[:alpha:]]) is not supported");
            }

            if (pattern.AsSpan(i).StartsWith("&&"))
            {
                throw new NotSupportedException("an intersection of sets (&&) is not supported");
            }

            if (char.IsSurrogate(pattern[i]))
            {
                throw new NotSupportedException("a set with characters beyond U+FFFF is not supported");
            }

            if (pattern[i] == '\\')
            {
                i = CopyEscape(pattern, i, output, insideClass: true);
            }
            else
            {
                output.Append(pattern[i++]);
            }
        }

        output.Append(']');
        return i < pattern.Length ? i + 1 : throw new NotSupportedException("a '[' has no ']'");
    }

    private static int CopyEscape(string pattern, int start, StringBuilder output, bool insideClass)
    {
        if (start + 1 >= pattern.Length)
        {
            throw new NotSupportedException("it ends with a lone '\\'");
        }

        var rewritten = (pattern[start + 1], insideClass) switch
        {
            ('h', true) => "0-9A-Fa-f",
            ('h', false) => "[0-9A-Fa-f]",
            ('w', true) => WordMembers,
            ('w', false) => $"[{WordMembers}]",
            ('W', false) => $"[^{WordMembers}]",
            ('W', true) => throw new NotSupportedException(@"\W inside a set is not supported"),
            _ => null,
        };
        if (rewritten is not null)
        {
            output.Append(rewritten);
            return start + 2;
        }

        var end = start + 2;
        if (pattern[start + 1] is 'p' or 'P' && end < pattern.Length && pattern[end] == '{')
        {
            end = pattern.IndexOf('}', end) + 1;
            end = end == 0 ? pattern.Length : end;
        }
        else if (pattern[start + 1] == 'x' && end < pattern.Length && pattern[end] == '{')
        {
            throw new NotSupportedException(@"\x{…} is not supported");
        }

        output.Append(pattern, start, end - start);
        return end;
    }
}
