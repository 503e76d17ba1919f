using TrainMm.Data;
using TrainMm.Data.Manifests;

namespace TrainMm.Training.Evaluation;

/// <summary>
/// The control that shows whether media are used, or made from what is asked: each sample is given the media that another sample of the same set shows, or those that it makes. The exchange is fixed, so that figures can be compared
/// between runs: the distinct media, in the order of their names' hashes, are passed on by one place, so nobody keeps its own. Samples that share media stay together.
/// </summary>
internal static class MediaShuffle
{
    /// <summary>The samples with another's media; those without media keep none.</summary>
    /// <param name="source">The source.</param>
    /// <param name="samples">Indices of the set's samples.</param>
    /// <returns>Null where no two different media can be exchanged.</returns>
    public static IReadOnlyList<ScoreItem>? Exchange(ISampleSource source, IReadOnlyList<int> samples) =>
        Givers(source, samples, sample => [.. sample.Media.Select(medium => (medium.Modality, medium.Path))])?.Select(pair => new ScoreItem(pair.Sample, pair.From)).ToArray();

    /// <summary>The samples with what another's answers make, caption and medium: their own questions and answers are to lead to it.</summary>
    /// <param name="source">The source.</param>
    /// <param name="samples">Indices of the set's samples.</param>
    /// <returns>Null where no two different ones can be exchanged.</returns>
    public static IReadOnlyList<ScoreItem>? ExchangeMade(ISampleSource source, IReadOnlyList<int> samples) =>
        Givers(source, samples, sample => [.. sample.Made.Select(signal => (signal.Modality, $"{signal.Caption}\n{signal.Target?.Path}"))])?.Select(pair => ScoreItem.Own(pair.Sample) with { MadeFrom = pair.From }).ToArray();

    /// <summary>For each sample who gives it what it has by modality and content.</summary>
    private static IEnumerable<(int Sample, int From)>? Givers(ISampleSource source, IReadOnlyList<int> samples, Func<Sample, IReadOnlyList<(string Modality, string Content)>> contentOf)
    {
        // Only media of the same modalities, in the same number, fit into each other's places.
        var keys = samples.Select(sample => KeyOf(contentOf(source.Read(sample)))).ToArray();
        var receives = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var fitting in samples.Zip(keys).Where(pair => pair.Second.Media.Length > 0).GroupBy(pair => pair.Second.Shape, StringComparer.Ordinal))
        {
            var owners = fitting.DistinctBy(pair => pair.Second.Media, StringComparer.Ordinal).OrderBy(pair => StableHash.Of(pair.Second.Media)).ToArray();
            if (owners.Length < 2) continue;
            for (var i = 0; i < owners.Length; i++) receives.Add(owners[i].Second.Media, owners[(i + 1) % owners.Length].First);
        }

        return receives.Count == 0 ? null : samples.Zip(keys).Select(pair => (pair.First, receives.GetValueOrDefault(pair.Second.Media, pair.First)));
    }

    private static (string Shape, string Media) KeyOf(IReadOnlyList<(string Modality, string Content)> media) =>
        (string.Join(' ', media.Select(medium => medium.Modality)), string.Join('\n', media.Select(medium => $"{medium.Modality}:{medium.Content}")));
}
