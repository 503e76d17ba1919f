using System.Globalization;
using System.Text.RegularExpressions;

namespace TrainMm.Models.Peft.Lora;

/// <summary>
/// Which linear layers are adapted, read as PEFT 0.10 reads <c>target_modules</c>: a list of names, each a whole path or its end behind a dot;
/// or one regular expression for the whole path; or the text <c>all-linear</c>, every linear layer but the head.
/// A path is matched as it is within the language model and, for adapters made on a whole LLaVA, with <c>language_model.</c> before it.
/// </summary>
/// <param name="Names">The list, or null where a pattern is given.</param>
/// <param name="Pattern">The regular expression or <c>all-linear</c>, or null where a list is given.</param>
public sealed record TargetModules(IReadOnlyList<string>? Names, string? Pattern)
{
    /// <summary>PEFT's word for every linear layer but the head.</summary>
    public const string AllLinear = "all-linear";

    /// <summary>The head's path, as language models call it.</summary>
    private static readonly string[] Heads = ["lm_head", "embed_out", "output"];

    /// <summary>Long enough for any sensible pattern; a pattern that backtracks without end is an error and not a hang.</summary>
    private static readonly TimeSpan PatternTime = TimeSpan.FromSeconds(2);

    /// <summary>PEFT's <c>layers_to_transform</c>: with a list of names, only layers of these numbers; null is all.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>PEFT's <c>layers_pattern</c>: what the list of layers is called in a path; empty is any.</summary>
    public IReadOnlyList<string> LayerLists { get; init; } = [];

    /// <summary>PEFT's rule for the keys of <c>rank_pattern</c> and <c>alpha_pattern</c>: the key, itself a regular expression, at the path's end behind a dot; or the whole path.</summary>
    public static bool IsPatternKey(string key, string path) =>
        Candidates(path).Any(candidate => key == candidate || Regex.IsMatch(candidate, $@"\A.*\.{key}\z", RegexOptions.CultureInvariant, PatternTime));

    /// <summary>PEFT's rule for <c>modules_to_save</c>: whether the module at a path, or one that it is part of, has one of these names.</summary>
    public static bool IsWithin(IReadOnlyList<string> names, string path) => names.Any(name => $".{path}.".Contains($".{name}.", StringComparison.Ordinal));

    /// <summary>Whether the layer of this path is adapted.</summary>
    /// <param name="path">The path within the language model.</param>
    public bool Match(string path) => Candidates(path).Any(candidate => Pattern switch
    {
        AllLinear => !Heads.Contains(path, StringComparer.Ordinal),
        not null => Regex.IsMatch(candidate, $@"\A(?:{Pattern})\z", RegexOptions.CultureInvariant, PatternTime),
        null => Names!.Contains(candidate, StringComparer.Ordinal) || (Names!.Any(name => candidate.EndsWith($".{name}", StringComparison.Ordinal)) && IsChosenLayer(candidate)),
    });

    /// <summary>Those of the list's names that fit none of the paths; of a pattern, the pattern.</summary>
    public IReadOnlyList<string> Unmatched(IReadOnlyCollection<string> paths) => Pattern is null
        ? [.. Names!.Where(name => !paths.Any(path => (this with { Names = [name] }).Match(path)))]
        : paths.Any(Match) ? [] : [Pattern];

    private static string[] Candidates(string path) => [path, $"{PeftContext.Root}.{path}"];

    private bool IsChosenLayer(string path)
    {
        if (Layers is null) return true;
        var patterns = LayerLists.Count == 0 ? [@"\A.*\.[^.]*\.(\d+)\."] : LayerLists.Select(list => $@"\A.*\.{list}\.(\d+)\.");
        var match = patterns.Select(pattern => Regex.Match(path, pattern, RegexOptions.CultureInvariant, PatternTime)).FirstOrDefault(match => match.Success);
        return match is not null && Layers.Contains(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }
}
