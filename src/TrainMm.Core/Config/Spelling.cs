namespace TrainMm.Core.Config;

/// <summary>Finds what was probably meant by a word that is not known.</summary>
public static class Spelling
{
    /// <summary>
    /// The candidate with the fewest inserted, deleted, replaced or swapped letters (Damerau-Levenshtein, optimal string alignment),
    /// or null where none is near: at most a third of the word may differ.
    /// </summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        var nearest = candidates
            .Select(candidate => (Candidate: candidate, Distance: Distance(word, candidate)))
            .Where(pair => pair.Distance <= Math.Max(1, Math.Max(word.Length, pair.Candidate.Length) / 3))
            .OrderBy(pair => pair.Distance)
            .FirstOrDefault();
        return nearest.Candidate;
    }

    /// <summary><c>did you mean 'x'?</c>, or else the whole list of what is known.</summary>
    /// <param name="word">The word that is not known.</param>
    /// <param name="candidates">The words that are.</param>
    /// <param name="known">What to call the candidates, for example <c>known kinds</c>.</param>
    public static string Hint(string word, IReadOnlyCollection<string> candidates, string known)
    {
        if (Nearest(word, candidates) is { } nearest) return $"did you mean '{nearest}'?";
        return candidates.Count == 0 ? $"there are no {known}" : $"{known}: {string.Join(", ", candidates)}";
    }

    private static int Distance(string a, string b)
    {
        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) table[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) table[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = table[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                table[i, j] = Math.Min(replaced, Math.Min(table[i - 1, j], table[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
            }
        }

        return table[a.Length, b.Length];
    }
}
