using System.Diagnostics.CodeAnalysis;

namespace TrainMm.Core.Config;

/// <summary>A piece of a configuration as it was written, before it has a type.</summary>
/// <param name="place">Where it was written.</param>
public abstract class ConfigNode(SourcePlace place)
{
    /// <summary>Where it was written.</summary>
    public SourcePlace Place { get; } = place;

    /// <summary>Whether it is YAML's <c>null</c>: nothing, <c>~</c> or <c>null</c> without quotes.</summary>
    public virtual bool IsNull => false;

    /// <summary>What it is, for messages: <c>'abc'</c>, <c>a list</c>, <c>a mapping</c>, <c>nothing</c>.</summary>
    public abstract string Shown { get; }
}

/// <summary>A single value; its type is what the option that reads it says.</summary>
/// <param name="text">The text, without quotes.</param>
/// <param name="isQuoted">Whether it was in quotes or a block, so that <c>null</c> is a word.</param>
/// <param name="place">Where it was written.</param>
public sealed class ConfigScalar(string text, bool isQuoted, SourcePlace place) : ConfigNode(place)
{
    /// <summary>The text, without quotes.</summary>
    public string Text { get; } = text;

    /// <summary>Whether it was in quotes or a block.</summary>
    public bool IsQuoted { get; } = isQuoted;

    /// <inheritdoc/>
    public override bool IsNull => !IsQuoted && Text is ("" or "~" or "null" or "Null" or "NULL");

    /// <inheritdoc/>
    public override string Shown => IsNull ? "nothing" : Text.Length > 60 ? $"'{Text[..57]}...'" : $"'{Text}'";
}

/// <summary>A list.</summary>
/// <param name="items">The items in order.</param>
/// <param name="place">Where it was written.</param>
public sealed class ConfigList(IReadOnlyList<ConfigNode> items, SourcePlace place) : ConfigNode(place)
{
    /// <summary>The items in order.</summary>
    public IReadOnlyList<ConfigNode> Items { get; } = items;

    /// <inheritdoc/>
    public override string Shown => "a list";
}

/// <summary>A mapping; its keys are unique and keep the order in which they were written.</summary>
/// <param name="entries">The entries in order.</param>
/// <param name="place">Where it was written.</param>
public sealed class ConfigMapping(IReadOnlyList<ConfigEntry> entries, SourcePlace place) : ConfigNode(place)
{
    /// <summary>The entries in order.</summary>
    public IReadOnlyList<ConfigEntry> Entries { get; } = entries;

    /// <inheritdoc/>
    public override string Shown => "a mapping";

    /// <summary>Finds an entry by its exact key.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out ConfigEntry? entry)
    {
        entry = Entries.FirstOrDefault(candidate => string.Equals(candidate.Key, key, StringComparison.Ordinal));
        return entry is not null;
    }

    /// <summary>The same mapping without one key.</summary>
    public ConfigMapping Without(string key) =>
        new([.. Entries.Where(entry => !string.Equals(entry.Key, key, StringComparison.Ordinal))], Place);
}

/// <summary>One key of a mapping, with its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="KeyPlace">Where the key was written.</param>
/// <param name="Value">The value.</param>
public sealed record ConfigEntry(string Key, SourcePlace KeyPlace, ConfigNode Value);
