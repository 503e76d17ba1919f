using System.Runtime.CompilerServices;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Core.Config;

/// <summary>
/// Remembers, for each options object that <see cref="ConfigBinder"/> made, where its values were written, for as long as the object lives.
/// A check that comes later than reading, such as that of widths, so can still point at the line.
/// </summary>
public static class OptionSource
{
    private static readonly ConditionalWeakTable<object, Origin> Origins = [];

    /// <summary>Where an option was written; for one that was left at its default, where its options are.</summary>
    /// <param name="options">The options object.</param>
    /// <param name="property">The option's property, or null for the options as a whole.</param>
    public static SourcePlace PlaceOf(object options, string? property = null)
    {
        if (!Origins.TryGetValue(options, out var origin)) return new SourcePlace($"({options.GetType().Name} made in code)");
        return property is not null && origin.Places.TryGetValue(property, out var place) ? place : origin.Place;
    }

    /// <summary>What configuration calls an option: <c>train.max_steps</c>.</summary>
    /// <param name="options">The options object.</param>
    /// <param name="property">The option's property, or null for the options as a whole.</param>
    public static string NameOf(object options, string? property = null)
    {
        var parent = Origins.TryGetValue(options, out var origin) ? origin.Name : "";
        if (property is null) return parent;
        return parent.Length == 0 ? OptionName.Of(property) : $"{parent}.{OptionName.Of(property)}";
    }

    /// <summary>A finding about an option, at its place and with its name before the message.</summary>
    public static Diagnostic Problem(object options, string property, string message, string? hint = null) =>
        PlaceOf(options, property).Error($"{NameOf(options, property)}: {message}", hint);

    /// <summary>The exception for a check that finds an option wrong after everything was read: <c>throw OptionSource.Error(options, nameof(options.Width), "…")</c>.</summary>
    public static ConfigurationException Error(object options, string property, string message, string? hint = null) =>
        new([Problem(options, property, message, hint)]);

    internal static void Remember(object options, string name, SourcePlace place, IReadOnlyDictionary<string, SourcePlace> places) =>
        Origins.AddOrUpdate(options, new Origin(name, place, places));

    private sealed record Origin(string Name, SourcePlace Place, IReadOnlyDictionary<string, SourcePlace> Places);
}
