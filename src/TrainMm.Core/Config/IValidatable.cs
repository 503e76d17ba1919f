using TrainMm.Core.Diagnostics;

namespace TrainMm.Core.Config;

/// <summary>Options that check more than one of their values against each other.</summary>
public interface IValidatable
{
    /// <summary>Reports what is wrong. Called once the options are read and each value is right by itself.</summary>
    void Validate(OptionChecks checks);
}

/// <summary>Where options report what is wrong with them.</summary>
public sealed class OptionChecks
{
    private readonly object options;
    private readonly List<Diagnostic> problems;

    internal OptionChecks(object options, List<Diagnostic> problems)
    {
        this.options = options;
        this.problems = problems;
    }

    /// <summary>Reports an error at the place where the option was written.</summary>
    /// <param name="property">The option's property: <c>nameof(Depth)</c>.</param>
    /// <param name="message">What is wrong, in one sentence without a full stop; the option's name is put before it.</param>
    /// <param name="hint">What to do about it, or null.</param>
    public void Error(string property, string message, string? hint = null) => problems.Add(OptionSource.Problem(options, property, message, hint));
}
