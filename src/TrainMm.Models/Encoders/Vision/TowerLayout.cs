using System.Globalization;
using TrainMm.Core.Weights;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>Where a tower's tensors are found in published checkpoints, as a table.</summary>
/// <param name="Prefix">What the tower's names begin with in the module, with its dot; empty where the tower is the whole.</param>
/// <param name="Homes">What they begin with in each known checkpoint.</param>
/// <param name="Layers">What the i-th layer's names begin with, within the tower, before the number.</param>
/// <param name="Count">L, the whole tower's layers.</param>
/// <param name="IgnoredSuffixes">Ends of names that hold no parameter.</param>
internal sealed record TowerLayout(string Prefix, IReadOnlyList<(string Name, string Prefix)> Homes, string Layers, int Count, params IReadOnlyList<string> IgnoredSuffixes)
{
    /// <summary>The known layouts.</summary>
    /// <param name="extent">How much of the tower was built.</param>
    /// <param name="unbuilt">What else was not built or is no part of the tower, by the beginnings of its names within the tower.</param>
    public IReadOnlyList<KeyMap> For(TowerExtent extent, params IReadOnlyList<string> unbuilt) =>
        [.. Homes.Select(home => new KeyMap(home.Name, [.. Rules(home.Prefix, extent.Depth, unbuilt)], IgnoredSuffixes))];

    private IEnumerable<PrefixRule> Rules(string home, int depth, IReadOnlyList<string> unbuilt)
    {
        for (var i = depth; i < Count; i++) yield return new(string.Create(CultureInfo.InvariantCulture, $"{home}{Layers}{i}."), null);
        foreach (var name in unbuilt) yield return new(home + name, null);
        yield return new(home, Prefix);
    }
}
