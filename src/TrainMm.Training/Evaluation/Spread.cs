namespace TrainMm.Training.Evaluation;

/// <summary>Picks a few of many without chance.</summary>
internal static class Spread
{
    /// <summary>At most so many items, spread evenly over a list, in its order.</summary>
    /// <param name="items">The list.</param>
    /// <param name="most">How many; null: all.</param>
    public static IReadOnlyList<T> Over<T>(IReadOnlyList<T> items, int? most) =>
        most is not { } count || count >= items.Count ? items : [.. Enumerable.Range(0, count).Select(i => items[(int)((long)i * items.Count / count)])];
}
