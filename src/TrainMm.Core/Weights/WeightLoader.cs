using TorchSharp.Modules;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using static TorchSharp.torch;

namespace TrainMm.Core.Weights;

/// <summary>Fills a module's parameters from a checkpoint: straight into their memory, in their own type and on their own device.</summary>
public static class WeightLoader
{
    /// <summary>How many names of one fault are shown before the rest is counted: a wrong checkpoint can have thousands.</summary>
    private const int ShownPerFault = 8;

    /// <summary>Loads every parameter of the module.</summary>
    /// <param name="module">The module; its parameters' names are what the map leads to.</param>
    /// <param name="source">The checkpoint.</param>
    /// <param name="layouts">The layouts that are known for this module; the one that fits best is taken.</param>
    /// <exception cref="CheckpointException">Parameters are missing, tensors are left over or have another shape: all of them in one message.</exception>
    public static void Load(nn.Module module, WeightSource source, params IReadOnlyList<KeyMap> layouts) =>
        Load(module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter, StringComparer.Ordinal), source, layouts);

    /// <summary>Loads a set of parameters.</summary>
    /// <param name="parameters">Name → parameter.</param>
    /// <param name="source">The checkpoint.</param>
    /// <param name="layouts">The layouts that are known for these parameters; the one that fits best is taken.</param>
    /// <exception cref="CheckpointException">Parameters are missing, tensors are left over or have another shape: all of them in one message.</exception>
    public static void Load(IReadOnlyDictionary<string, Parameter> parameters, WeightSource source, params IReadOnlyList<KeyMap> layouts) =>
        Load(parameters, source, layouts, (_, parameter, read) =>
        {
            // On the meta device there is nothing to fill: then the headers alone were compared.
            if (!parameter.is_meta) read(parameter);
        });

    /// <summary>Loads a set of parameters, some of which may be kept in another form than the checkpoint's.</summary>
    /// <param name="parameters">Name → parameter, of the checkpoint's shape.</param>
    /// <param name="source">The checkpoint.</param>
    /// <param name="layouts">The layouts that are known for these parameters; the one that fits best is taken.</param>
    /// <param name="fill">Called with each name, its parameter, and what reads its values into a tensor of that shape.</param>
    /// <exception cref="CheckpointException">Parameters are missing, tensors are left over or have another shape: all of them in one message.</exception>
    public static void Load(IReadOnlyDictionary<string, Parameter> parameters, WeightSource source, IReadOnlyList<KeyMap> layouts, Action<string, Parameter, Action<Tensor>> fill)
    {
        var (layout, official) = Match(parameters, source, layouts);
        if (Faults(parameters, source, layout, official) is { } faults) throw new CheckpointException(faults);
        foreach (var (name, parameter) in parameters) fill(name, parameter, target => source.ReadInto(official[name], target));
    }

    /// <summary>Why the checkpoint cannot be loaded into these parameters, in one text, or null where it can.</summary>
    /// <param name="parameters">Name → parameter.</param>
    /// <param name="source">The checkpoint.</param>
    /// <param name="layouts">The layouts that are known for these parameters; the one that fits best is taken.</param>
    public static string? WhyNot(IReadOnlyDictionary<string, Parameter> parameters, WeightSource source, params IReadOnlyList<KeyMap> layouts)
    {
        var (layout, official) = Match(parameters, source, layouts);
        return Faults(parameters, source, layout, official);
    }

    private static (KeyMap Layout, Dictionary<string, string> Official) Match(IReadOnlyDictionary<string, Parameter> parameters, WeightSource source, IReadOnlyList<KeyMap> layouts)
    {
        var layout = KeyMap.Choose(source.Names, parameters.Keys.ToHashSet(StringComparer.Ordinal), layouts) ?? layouts[0];
        var official = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in source.Names)
        {
            if (layout.ToModule(name) is { } mapped) official[mapped] = name;
        }

        return (layout, official);
    }

    private static string? Faults(IReadOnlyDictionary<string, Parameter> parameters, WeightSource source, KeyMap layout, Dictionary<string, string> official)
    {
        var extra = official.Where(pair => !parameters.ContainsKey(pair.Key)).Select(pair => pair.Value).Order(StringComparer.Ordinal).ToArray();
        var missing = parameters.Keys.Where(name => !official.ContainsKey(name)).Order(StringComparer.Ordinal).Select(name => Missing(layout.ToOfficial(name), extra)).ToArray();
        var misshapen = parameters
            .Where(pair => official.ContainsKey(pair.Key) && !pair.Value.shape.SequenceEqual(source.Entry(official[pair.Key]).Shape))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{official[pair.Key]} is [{string.Join(", ", source.Entry(official[pair.Key]).Shape)}], [{string.Join(", ", pair.Value.shape)}] was expected")
            .ToArray();
        if (missing.Length + extra.Length + misshapen.Length == 0) return null;
        var lines = List("missing", missing).Concat(List("not known to this part", extra)).Concat(List("of another shape", misshapen));
        return $"{source.Path} does not fit:\n{string.Join('\n', lines)}";
    }

    private static string Missing(string name, string[] extra) =>
        Spelling.Nearest(name, extra) is { } nearest ? $"{name} (is it {nearest}?)" : name;

    private static IEnumerable<string> List(string fault, string[] names)
    {
        if (names.Length == 0) yield break;
        yield return $"  {names.Length} {fault}:";
        foreach (var name in names.Take(ShownPerFault)) yield return $"    {name}";
        if (names.Length > ShownPerFault) yield return $"    and {names.Length - ShownPerFault} more";
    }
}
