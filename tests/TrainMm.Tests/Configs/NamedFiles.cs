using System.Text.RegularExpressions;

namespace TrainMm.Tests.Configs;

/// <summary>The folders of models and the manifests that the shipped configurations name by <c>TRAINMM_MODELS</c> and <c>TRAINMM_DATA</c>, empty, so that the configurations can be bound.</summary>
internal sealed partial class NamedFiles : IDisposable
{
    private readonly Dictionary<string, string?> before = new(StringComparer.Ordinal);

    public NamedFiles(TempFolder folder)
    {
        foreach (var variable in (string[])["TRAINMM_MODELS", "TRAINMM_DATA"])
        {
            before[variable] = Environment.GetEnvironmentVariable(variable);
            Environment.SetEnvironmentVariable(variable, Path.Combine(folder.Path, variable));
        }

        foreach (var text in Directory.GetFiles(Path.Combine(Snapshot.RepositoryRoot, "configs"), "*.yaml", SearchOption.AllDirectories).Select(File.ReadAllText))
        {
            foreach (Match match in Name().Matches(text))
            {
                var name = $"{match.Groups["variable"].Value}/{match.Groups["name"].Value}";
                if (name.EndsWith(".yaml", StringComparison.Ordinal)) folder.Write(name, "");
                else Directory.CreateDirectory(Path.Combine(folder.Path, name));
            }
        }
    }

    public void Dispose()
    {
        foreach (var (variable, value) in before) Environment.SetEnvironmentVariable(variable, value);
    }

    [GeneratedRegex(@"\$\{(?<variable>TRAINMM_MODELS|TRAINMM_DATA)\}/(?<name>[A-Za-z0-9._-]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
