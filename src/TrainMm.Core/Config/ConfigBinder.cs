using TrainMm.Core.Diagnostics;

namespace TrainMm.Core.Config;

/// <summary>Turns a configuration into typed options; whatever is wrong with it is reported at once.</summary>
public static class ConfigBinder
{
    /// <summary>Reads the options.</summary>
    /// <typeparam name="TOptions">The options class of the whole configuration.</typeparam>
    /// <param name="document">The configuration as written.</param>
    /// <exception cref="ConfigurationException">
    /// Unknown keys, wrong types, values out of range, unknown kinds, missing options and files, failed cross-checks: all of them, sorted by place.
    /// </exception>
    public static TOptions Bind<TOptions>(ConfigDocument document)
        where TOptions : class
    {
        var problems = new List<Diagnostic>(document.Problems);
        var options = new OptionsReader(typeof(TOptions), problems).Read(document.Root);
        return problems.Count > 0 ? throw new ConfigurationException(problems) : (TOptions)options;
    }
}
